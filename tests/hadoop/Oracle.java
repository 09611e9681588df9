import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.shaded.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.hadoop.streaming.DumpTypedBytes;
import org.apache.hadoop.streaming.LoadTypedBytes;
import org.apache.hadoop.streaming.StreamJob;
import org.apache.hadoop.util.Tool;
import org.apache.hadoop.util.ToolRunner;

/**
 * Runs streaming jobs one after another in one warm JVM. In: a line of JSON for each job, the list
 * of its arguments. Out: a line of JSON with its exit status, stdout and stderr.
 *
 * <p>The working directory is that of the process, as it is for the hadoop command: the caller lays
 * out the files of a job there before it asks.
 */
public final class Oracle {
  private Oracle() {}

  public static void main(String[] none) throws Exception {
    ObjectMapper json = new ObjectMapper();
    PrintStream answers = System.out;
    BufferedReader asked =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = asked.readLine(); line != null; line = asked.readLine()) {
      List<?> words = json.readValue(line, List.class);
      String[] args = words.stream().map(String::valueOf).toArray(String[]::new);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      System.setOut(new PrintStream(out, true, "UTF-8"));
      System.setErr(new PrintStream(err, true, "UTF-8"));
      int status = run(args);
      awaitRunner();
      // A file system keeps the properties of the job that asked for it first (its block size).
      FileSystem.closeAll();
      System.out.flush();
      System.err.flush();
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("status", status);
      answer.put("stdout", out.toString("UTF-8"));
      answer.put("stderr", err.toString("UTF-8"));
      answers.write((json.writeValueAsString(answer) + "\n").getBytes(StandardCharsets.UTF_8));
      answers.flush();
    }
    Runtime.getRuntime().halt(0);
  }

  /** What the main of org.apache.hadoop.streaming.HadoopStreaming does, without the exit. */
  private static int run(String[] args) {
    try {
      if (args.length == 0) {
        System.err.println("No Arguments Given!");
        return 1;
      }
      String[] rest = Arrays.copyOfRange(args, 1, args.length);
      Tool tool = new StreamJob();
      if (args[0].equalsIgnoreCase("dumptb")) {
        tool = new DumpTypedBytes();
      } else if (args[0].equalsIgnoreCase("loadtb")) {
        tool = new LoadTypedBytes();
      } else if (!args[0].equalsIgnoreCase("streamjob")) {
        rest = args;
      }
      int status = ToolRunner.run(tool, rest);
      if (status != 0) {
        System.err.println("Streaming Command Failed!");
      }
      return status;
    } catch (Throwable thrown) {
      System.err.print("Exception in thread \"main\" ");
      thrown.printStackTrace();
      return 1;
    }
  }

  /** The job's state is final before its thread has removed the links from the directory. */
  private static void awaitRunner() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getClass().getName().equals("org.apache.hadoop.mapred.LocalJobRunner$Job")) {
        thread.join();
      }
    }
  }
}
