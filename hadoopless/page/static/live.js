"use strict";
// Follows a job: all that there is at first, then each change as the server tells of it.
{
  const RETRY = 2000;

  const whole = async () => {
    const answer = await fetch("data", { cache: "no-store" });
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    return page.unpack(await answer.arrayBuffer());
  };

  // Calls `onHead` with whole blocks, `onChange` with changes, `onLine` with true or false.
  page.follow = async (onHead, onChange, onLine) => {
    let head;
    try {
      head = await whole();
    } catch {
      onLine(false);
      setTimeout(() => page.follow(onHead, onChange, onLine), RETRY);
      return;
    }
    onHead(head);
    onLine(true);
    const source = new EventSource(`events?after=${head.number}`);
    const again = () => {
      source.close();
      setTimeout(() => page.follow(onHead, onChange, onLine), 100);
    };
    source.onopen = () => onLine(true);
    source.onerror = () => {
      onLine(false);
      // A server that is there and refuses is asked no more by the browser.
      if (source.readyState === EventSource.CLOSED) {
        setTimeout(() => page.follow(onHead, onChange, onLine), RETRY);
      }
    };
    source.onmessage = (event) => onChange(JSON.parse(event.data));
    source.addEventListener("anew", again);
    source.addEventListener("gone", () => {
      source.close();
      onLine(false);
    });
  };
}
