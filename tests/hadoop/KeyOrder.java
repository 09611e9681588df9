import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.DataOutputBuffer;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapreduce.lib.partition.KeyFieldBasedComparator;

/**
 * Compares keys by KeyFieldBasedComparator. In: lines with the options and then keys, in hexadecimal
 * digits with blanks between them. Out: a line for each, with one sign for every key with every key.
 */
public final class KeyOrder {
  private KeyOrder() {}

  public static void main(String[] none) throws Exception {
    BufferedReader asked =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = asked.readLine(); line != null; line = asked.readLine()) {
      String[] words = line.split(" ", -1);
      Configuration conf = new Configuration(false);
      conf.set(
          "mapreduce.partition.keycomparator.options",
          new String(bytes(words[0]), StandardCharsets.UTF_8));
      KeyFieldBasedComparator<Object, Object> order = new KeyFieldBasedComparator<>();
      order.setConf(conf);
      byte[][] keys = new byte[words.length - 1][];
      for (int i = 0; i < keys.length; i++) {
        DataOutputBuffer buffer = new DataOutputBuffer();
        new Text(bytes(words[i + 1])).write(buffer);
        keys[i] = Arrays.copyOf(buffer.getData(), buffer.getLength());
      }
      StringBuilder signs = new StringBuilder();
      for (byte[] a : keys) {
        for (byte[] b : keys) {
          int sign = order.compare(a, 0, a.length, b, 0, b.length);
          signs.append(sign < 0 ? '<' : sign > 0 ? '>' : '=');
        }
      }
      System.out.println(signs);
    }
  }

  private static byte[] bytes(String digits) {
    byte[] bytes = new byte[digits.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(digits.substring(2 * i, 2 * i + 2), 16);
    }
    return bytes;
  }
}
