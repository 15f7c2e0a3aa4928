import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/** The clients of one server of ZooKeeper, for the benchmark of peers: see Driver in ../driver.ts for what is read and written. */
public class ZooKeeperDriver {
  /** One connection's reader is one thread's work. */
  private static final int CONNECTIONS = 4;

  private static final int SESSION_MS = 20_000;

  /** After a failure, so that callers of a server that does not answer leave it the processor. */
  private static final Executor AFTER_A_PAUSE = CompletableFuture.delayedExecutor(10, TimeUnit.MILLISECONDS);

  private final ZooKeeper[] clients = new ZooKeeper[CONNECTIONS];
  private final String name;
  private final byte[] value;
  private final Meter meter = new Meter();
  private int created = 0;
  private CountDownLatch ended = new CountDownLatch(0);
  private volatile boolean resting = false;

  private ZooKeeperDriver(String endpoint, String name, int bytes) throws Exception {
    this.name = name;
    value = new byte[bytes];
    for (int i = 0; i < CONNECTIONS; i += 1) {
      CountDownLatch connected = new CountDownLatch(1);
      clients[i] = new ZooKeeper(endpoint, SESSION_MS, event -> {
        if (event.getState() == Watcher.Event.KeeperState.SyncConnected) connected.countDown();
      });
      connected.await();
    }
  }

  public static void main(String[] args) throws Exception {
    ZooKeeperDriver driver = new ZooKeeperDriver(args[0], args[1], Integer.parseInt(args[2]));
    System.out.println("null");
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      if (line.startsWith("run")) driver.run(Integer.parseInt(line.substring(4)));
      if (line.equals("rest")) driver.rest();
      System.out.println(line.equals("window") ? driver.meter.take() : "null");
    }
    System.exit(0);
  }

  private void run(int callers) throws Exception {
    CountDownLatch missing = new CountDownLatch(Math.max(0, callers - created));
    for (; created < callers; created += 1) {
      // Where it fails, so does what is done with it, and is counted.
      clients[0].create(path(created), value, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT,
          (code, path, context, name) -> missing.countDown(), null);
    }
    missing.await();
    resting = false;
    ended = new CountDownLatch(callers);
    for (int caller = 0; caller < callers; caller += 1) call(caller);
  }

  private void rest() throws InterruptedException {
    resting = true;
    ended.await();
  }

  private void call(int caller) {
    if (resting) {
      ended.countDown();
      return;
    }
    long begin = System.nanoTime();
    clients[caller % CONNECTIONS].setData(path(caller), value, -1, (code, path, context, stat) -> {
      if (code == KeeperException.Code.OK.intValue()) {
        meter.add(System.nanoTime() - begin);
        call(caller);
      } else {
        meter.fail(KeeperException.Code.get(code).toString());
        AFTER_A_PAUSE.execute(() -> call(caller));
      }
    }, null);
  }

  private String path(int caller) {
    return "/" + name + "-" + caller;
  }

  private static class Meter {
    /** As in ../../latencies.ts. */
    private static final int BUCKETS_A_DOUBLING = 128;

    private final int[] counts = new int[30 * BUCKETS_A_DOUBLING];
    private long begin = System.nanoTime();
    private double maxMs = 0;
    private int failed = 0;
    private String failure = "";

    synchronized void add(long latencyNanos) {
      double ms = latencyNanos / 1e6;
      int bucket = (int) Math.floor((Math.log(ms * 1000) / Math.log(2)) * BUCKETS_A_DOUBLING);
      counts[Math.max(0, Math.min(counts.length - 1, bucket))] += 1;
      maxMs = Math.max(maxMs, ms);
    }

    synchronized void fail(String why) {
      failed += 1;
      failure = why;
    }

    /** Everything since the last call, as JSON. */
    synchronized String take() {
      long now = System.nanoTime();
      String pairs = IntStream.range(0, counts.length)
          .filter(bucket -> counts[bucket] > 0)
          .mapToObj(bucket -> "[" + bucket + "," + counts[bucket] + "]")
          .collect(Collectors.joining(","));
      String window = "{\"elapsedMs\":" + (now - begin) / 1e6 + ",\"maxMs\":" + maxMs
          + ",\"counts\":[" + pairs + "],\"failed\":" + failed + ",\"failure\":\"" + failure + "\"}";
      begin = now;
      maxMs = 0;
      failed = 0;
      failure = "";
      Arrays.fill(counts, 0);
      return window;
    }
  }
}
