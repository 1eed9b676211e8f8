import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * Runs one judge after the other in one process, as starting Java takes longer than judging. Each line of standard input
 * is a judge's class and its arguments, each in base64, with spaces between; the line that answers it is an exit code,
 * what was printed on standard output and on standard error, both in base64.
 */
public final class Judges {
    private Judges() {}

    /** Thrown by a judge that refuses, after it has printed the reason. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    public static void main(String[] none) throws Exception {
        PrintStream answers = System.out;
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            String[] words = Arrays.stream(line.split(" ")).map(Judges::decoded).toArray(String[]::new);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
            int code = run(words[0], Arrays.copyOfRange(words, 1, words.length));
            answers.println(code + " " + encoded(out) + " " + encoded(err));
            answers.flush();
        }
    }

    private static int run(String judge, String[] arguments) throws Exception {
        try {
            Class.forName(judge).getMethod("main", String[].class).invoke(null, (Object) arguments);
            return 0;
        } catch (InvocationTargetException ended) {
            if (!(ended.getCause() instanceof Refused)) {
                ended.getCause().printStackTrace();
            }
            return 1;
        }
    }

    private static String decoded(String word) {
        return new String(Base64.getDecoder().decode(word), StandardCharsets.UTF_8);
    }

    private static String encoded(ByteArrayOutputStream printed) {
        return Base64.getEncoder().encodeToString(printed.toByteArray());
    }
}
