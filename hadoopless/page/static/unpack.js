"use strict";
// Unpacks what columns.py packs: a line of JSON, and columns as varints of zigzag numbers.
{
  const inflated = async (data) => {
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  const column = (bytes, from, to, isDifferences, rows) => {
    const values = new Float64Array(rows);
    let at = from;
    let before = 0;
    for (let row = 0; row < rows && at < to; row++) {
      let byte = bytes[at++];
      let value = byte & 127;
      let scale = 128; // shifts would cut at 32 bits
      while (byte > 127) {
        byte = bytes[at++];
        value += (byte & 127) * scale;
        scale *= 128;
      }
      const signed = value % 2 ? -(value + 1) / 2 : value / 2;
      before = isDifferences ? before + signed : signed;
      values[row] = before;
    }
    return values;
  };

  // The text of a row: its pattern, with numbers in their places (pack_texts).
  const text = (head, row) => {
    const pattern = head.patterns[head.columns.text[row]];
    if (!pattern.includes("\x01")) return pattern;
    let number = 0;
    return pattern.replace(/\x01([0-9]+)\x02/g, (_, width) =>
      String(head.columns[`text${number++}`][row]).padStart(Number(width), "0"),
    );
  };

  // The head of a compressed block, with the columns in place of their descriptions.
  page.unpack = async (data) => {
    const bytes = await inflated(data);
    const end = bytes.indexOf(10);
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
    const columns = {};
    let at = end + 1;
    for (const [name, kind, length] of head.columns) {
      columns[name] = column(bytes, at, at + length, kind === 1, head.rows);
      at += length;
    }
    head.columns = columns;
    head.inputs = Array.from({ length: head.rows }, (_, row) => text(head, row));
    return head;
  };
}
