import Files

extension Topic {
  /// What one does with it.
  static let work: [Topic] = [
    networks, overfitting, learningRate, checkpoints, data, tables, gradients, output, errors,
    scripts, ranks, keys,
  ]

  private static let networks = Topic(
    "networks", aliases: ["models", "training"], "layers, training, looking inside",
    """
    Layers compose with `|>`: `net = dense(784, 100) |> relu |> dense(10) |> softmax`. \
    `train net on letters epochs=20` trains, `test net on letters.test` measures, `show net` lists \
    the layers, `net.W1` is a parameter, `net.history` what each epoch measured, and \
    `plot net.history` draws it. `net(x)` applies it. `save net to net.safetensors` keeps it. \
    `find rate net on letters` proposes a rate, `folds=5` cross-validates, and \
    `augment=(x -> shift(x, 2))` moves pictures anew in every step.
    """,
    examples: [
      .init(
        "net = dense(4, 3) |> relu |> dense(2) |> softmax\nnet.W2.shape\nabs(sum(net([[1, 2, 3, 4]])) - 1) < 1e-6",
        "[3, 2]\ntrue")
    ],
    seeAlso: ["train", "test", "show", "plot", "dense", "checkpoints", "data", "lesson"])

  private static let checkpoints = Topic(
    "checkpoints", aliases: ["resume", "interrupted", "session"],
    "trainings that go on later, with the same bits",
    """
    `save net to run.nnsh` keeps a network with all that its training remembers: the optimizer's \
    states, the history, the options, the place in the epoch. `train net on d save=run.nnsh` does \
    so after each epoch, whole or not at all. In another process `load run.nnsh as net` and \
    `train net` go on as if nothing had happened; the data must be there under its name (sets that \
    are known by their names are loaded), and so must functions of your own; those without a name \
    that call builtins alone are saved with the network. What a signal, a full \
    disk or a lack of memory ends is kept in the state folder, and the next start says how it \
    comes back. `minimize … save=run.nnsh` does the same for variables, and \
    `save session to s.nnsh` keeps them all: `load s.nnsh` brings them back. `.safetensors` and \
    `.npz` hold weights alone.
    """,
    examples: [
      .init(
        "a = 2; f = x -> a * x\nsave session to \"/tmp/example.nnsh\"\na = 5\nload \"/tmp/example.nnsh\"\nf(3)",
        "6")
    ],
    seeAlso: ["train", "save", "load", "minimize", "networks"])

  private static let overfitting = Topic(
    "overfitting",
    aliases: [
      "regularization", "early stopping", "early_stopping", "generalization", "weight decay",
    ],
    "what to do when the training part is learnt better than the rest",
    """
    A network overfits where loss goes on falling and val_loss rises: `plot net.history` shows it. \
    More data helps most; fewer units, `dropout(0.5)` between layers, `train … l2=1e-4` (weight \
    decay), and `train … patience=5`, which stops when val_loss no longer improves and brings the \
    best weights back (early stopping). `test net on letters.test` measures what counts.
    """,
    examples: [
      .init(
        "dense(784, 100) |> relu |> dropout(0.5) |> dense(10) |> softmax",
        "dense(784, 100) |> relu |> dropout(0.5) |> dense(100, 10) |> softmax   79510 parameters")
    ],
    seeAlso: ["train", "dropout", "plot", "test"])

  private static let learningRate = Topic(
    "learning_rate",
    aliases: ["learning rate", "rate", "step size", "lr"], "how large the steps are",
    """
    `train … rate=0.1` sets it, and so does an optimizer's own, as `adam(1e-3)`. Too large a rate \
    makes the loss jump or grow, too small a one lets it fall slowly: try factors of three. A \
    schedule changes it from epoch to epoch: `rate=cosine(0.1, epochs=50)`, `step_decay`, `warmup`; \
    `plot cosine(0.1, epochs=50)` draws it.
    """,
    examples: [.init("cosine(0.1, epochs=50)(25)", "0.05")],
    seeAlso: ["train", "sgd", "adam", "cosine", "step_decay", "warmup"])

  private static let data = Topic(
    "data", aliases: ["datasets", "files", "letters", "fashion", "mnist"], "data sets and files",
    """
    `load letters` binds a data set: `.train`, `.valid` and `.test`, each with `.x` (N×F), `.y` \
    (one-hot, N×K), `.labels` and `.images`; and `.names`. `dataset(x, y)` makes one of your own \
    arrays and `split` parts it. `load FILE` reads \(FileFormat.readable), and \
    `save VALUE to FILE` writes.
    """,
    examples: [
      .init(
        "d = split(dataset(rand(10, 2), arange(10) % 2), train=6, valid=2, test=2)\nd.train.x.shape",
        "[6, 2]")
    ],
    seeAlso: ["load", "save", "dataset", "split", "batches"])

  private static let tables = Topic(
    "tables", aliases: ["csv", "dataframe", "pandas", "columns"],
    "named columns: loading, choosing, grouping, learning from them",
    """
    `load people.csv` gives a table where the first row holds names. `t.age` and `t["age"]` are \
    a column: a vector in which nan stands for a missing number, a mask, or a list of strings in \
    which an empty one is missing. `t[["age", "city"]]` is a table of some columns, `t[0:5]`, \
    `t[t.age > 30]` and `filter(r -> r.city == "Oslo", t)` of some rows, `t[0]` a row as a \
    record. `t.z = …` sets a column. `describe t` measures each; `sort(t, by="age")` and \
    `group(t, "city", mean)` do what they say; `tensor(t[["age", "income"]])` is a matrix. \
    `dataset(t, y="city", missing="mean", scale=true) |> split` learns from it.
    """,
    examples: [
      .init(
        "t = table({city: [\"Oslo\", \"Bern\", \"Oslo\"], age: [36, 41, 29]})\n"
          + "t[t.age > 30].city\ngroup(t, \"city\", mean).age",
        "[\"Oslo\", \"Bern\"]\n2 tensor f32\n  32.5  41")
    ],
    seeAlso: ["table", "group", "sort", "dataset", "load"])

  private static let gradients = Topic(
    "gradients", aliases: ["grad", "numgrad", "wrt", "autodiff", "backpropagation"],
    "grad, numgrad, and gradients by hand",
    """
    `grad L wrt W` evaluates L, a number, with W traced and gives dL/dW, of W's shape; with \
    several names, `grad L wrt W, b`, it gives a list. It works through functions, loops, indexing \
    and networks (`wrt net`), and of fields and elements (`wrt r.w`, `wrt ps[0]`). \
    `numgrad L wrt W` gives the same by central differences in Float64, slowly but independently. \
    `derive L wrt W` prints how a textbook would get there.
    """,
    examples: [
      .init("x = [1, 2, 3]\ngrad sum(x^2) wrt x", "3 tensor f32\n  2  4  6"),
      .init("w = 2\nb = 1\ngrad (w * 3 + b)^2 wrt w, b", "[42, 14]"),
    ],
    seeAlso: ["derive", "gradCE", "dL_dW_o", "train", "lesson"])

  private static let output = Topic(
    "output", aliases: ["echo", "ans", "pager", "printing", "display"],
    "what is shown, how much of it, and ans",
    """
    An expression's value is shown unless `;` ends it, and becomes `ans` (up to 256 MB). A tensor \
    shows its header and its edges: `set edge 10` shows more of it, `set digits 6` more digits. At \
    the prompt a value of more than `set rows` lines is cut, and a list of `help`, `history` or \
    `who` longer than the screen goes through $PAGER or less. Colours: `set color never`, NO_COLOR.
    """,
    examples: [
      .init("6 * 7\nans + 1", "42\n43"), .init("set digits 2\n[1 / 3]", "1 tensor f32\n  0.33"),
    ],
    seeAlso: ["set", "print", "describe", "transcript"])

  private static let errors = Topic(
    "errors", aliases: ["exceptions", "exit_codes"], "how to read them, how to catch them",
    """
    An error names the place with a caret, the shapes of the values, and what would fit. A \
    statement that fails changes nothing itself. `error(text)` raises one, `assert(c)` checks, \
    `try(f)` calls f and gives `{ok, value, error}`. Exit codes: 0 success, 1 an error, 2 wrong \
    usage or code that cannot be read (nothing of it has run), 130 interrupted.
    """,
    examples: [.init("r = try(() -> [1, 2] @ [1, 2, 3])\nr.ok", "false")],
    seeAlso: ["error", "assert", "try"])

  private static let scripts = Topic(
    "scripts", aliases: ["args", "script", "startup", "demo"],
    "files, arguments, demonstrations",
    """
    `nnsh FILE.nns ARGS…` runs a file, `args` is the list of its arguments, `-i` stays at the \
    prompt after it. `nnsh -c CODE` runs CODE. `run PATH` runs a file in this session. \
    `nnsh --check FILE` lists the mistakes that show without running it; `nnsh --test FILE` runs it \
    and compares what statements give with comments `# → value`. `debug f(x)` shows a call line by \
    line, `pause FILE:LINE` stops there. \
    `nnsh --demo FILE` types it at the prompt before an audience, a statement at each Enter. \
    `transcript on FILE` writes down a session as a script. At its start the prompt runs \
    $XDG_CONFIG_HOME/nnsh/rc.nns.
    """,
    examples: [.init("len(args)", "0")],
    seeAlso: ["run", "debug", "pause", "transcript", "lesson", "exit"])

  private static let keys = Topic(
    "keys", aliases: ["editing", "keyboard", "shortcuts", "key", "undo", "prompt"],
    "the prompt's keys",
    """
    Enter runs a complete statement and opens a new line in an incomplete one; Alt-Enter always \
    opens one. Tab completes, `\\alpha` Tab gives α, Right takes the grey suggestion. Ctrl-C gives \
    the line up or stops what runs; Ctrl-D on an empty line leaves.

    Moving: Home and Ctrl-A, End and Ctrl-E go to the ends of the line, Ctrl-Home and Ctrl-End to \
    those of the statement; Ctrl- or Alt-Left and -Right go by words.

    Deleting: Ctrl-U to the beginning of the line, Ctrl-K to its end, Ctrl-W back to a blank, \
    Alt-Backspace a word back, Ctrl-Delete or Alt-D a word on; Ctrl-Y puts back what was deleted. \
    Ctrl-_ undoes, Alt-/ does again.

    History: Up and Down move inside a statement of several lines and otherwise through what begins \
    the same; PageUp, PageDown, Ctrl-P and Ctrl-N always through the history; Ctrl-R searches it.

    Ctrl-L clears the screen, Ctrl-Z suspends nnsh. `~/.editrc` is honoured: `bind -v` gives vi's \
    keys.
    """,
    seeAlso: ["history", "set", "transcript"])
}
