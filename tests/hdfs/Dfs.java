import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * An HDFS with two data nodes in one process, until stdin ends. Arguments: the file for the
 * configuration of clients, which appears when all is ready, and properties as name=value.
 */
public final class Dfs {
  private Dfs() {}

  public static void main(String[] args) throws Exception {
    Configuration conf = new Configuration();
    for (int i = 1; i < args.length; i++) {
      int equals = args[i].indexOf('=');
      conf.set(args[i].substring(0, equals), args[i].substring(equals + 1));
    }
    MiniDFSCluster dfs = new MiniDFSCluster.Builder(conf).numDataNodes(2).build();
    dfs.waitActive();
    Configuration clients = new Configuration(false);
    clients.set("fs.defaultFS", dfs.getFileSystem().getUri().toString());
    clients.set("dfs.blocksize", "1m");
    clients.set("dfs.replication", "1");
    File written = new File(args[0] + ".new");
    try (OutputStream out = new FileOutputStream(written)) {
      clients.writeXml(out);
    }
    if (!written.renameTo(new File(args[0]))) {
      throw new IllegalStateException("cannot write " + args[0]);
    }
    while (System.in.read() >= 0) {}
    Runtime.getRuntime().halt(0);
  }
}
