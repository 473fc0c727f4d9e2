import BinaryUnderTest
import Foundation
import Testing

/// What a file keeps of a training goes on with the same bits as without the break.
@Suite struct CheckpointTests {
  /// Data, functions and a network: what a script makes before it trains.
  static let preparation = """
    seed(7)
    x = randn(150, 6)
    d = dataset(x, where(sum(x[:, 0:3], axis=1) > 0, 1, 0)) |> split(train=100, valid=30, test=20)
    fn noisy(x) = x + 0.1 * randn(shape(x))
    fn own(t, p) = cross_entropy(t, p) + 0.01 * mean(p^2)
    fn swish(z) = z * sigmoid(z)
    fn falling(e) = 0.1 / (1 + e)

    """

  static let plain = "dense(6, 8) |> relu |> dense(2) |> softmax"

  /// A network, and the options it is trained with.
  static let trainings: [(network: String, options: String)] = [
    (plain, "rate=0.1"), (plain, "rate=0.1 momentum=0 batch=full"),
    (plain, "optimizer=adam"), (plain, "optimizer=adamw rate=cosine(0.01, epochs=6)"),
    (plain, "optimizer=sgd(one_cycle(0.1, epochs=6), momentum=0.8, nesterov=true)"),
    (plain, "rate=plateau(0.1, patience=0) every=2"), (plain, "rate=falling clip=1"),
    (plain, "rate=(e -> 0.1 / (1 + e)) l2=0.001"), (plain, "loss=own optimizer=rmsprop"),
    (plain, "loss=((t, p) -> cross_entropy(t, p) + mean(p^2)) optimizer=lion"),
    (plain, "patience=1 optimizer=adagrad"), (plain, "smooth=0.1 weights=balanced seed=5"),
    (plain, "weights=[1, 3] only=2 reduction=sum rate=0.001"),
    ("dense(6, 8) |> batch_norm |> relu |> dropout(0.3) |> dense(2) |> softmax", "augment=noisy"),
    ("dense(6, 8) |> swish |> dropout(0.5) |> dense(2) |> softmax", "augment=(x -> 2 * x)"),
    ("dense(6, 8) |> batch_norm |> gelu |> dense(2) |> softmax", "optimizer=adam patience=3"),
  ]

  /// A training, stopped after some epochs and gone on with in another process.
  @Test(arguments: trainings.indices) func theRestHasTheSameBits(_ index: Int) throws {
    let (network, options) = Self.trainings[index]
    let folder = try NNSH.temporaryFolder()
    let start = Self.preparation + "net = \(network)\n"
    let train = "train net on d epochs=6 batch=32 \(options)"
      .replacingOccurrences(of: "batch=32 ", with: options.contains("batch=") ? "" : "batch=32 ")
    func run(_ script: String) throws {
      let outcome = try NNSH.run(["-q", "-c", script], in: folder)
      #expect(outcome.code == 0, "\(options): \(outcome.errors)")
    }
    try run(start + train + "\nsave net to whole.nnsh")
    try run(start + train + " each { if epoch == 3 { save net to \"part.nnsh\"; stop } }")
    try run(Self.preparation + "load part.nnsh as net\ntrain net\nsave net to rest.nnsh")
    #expect(try bytes("whole.nnsh", folder) == bytes("rest.nnsh", folder), "\(options)")
  }

  /// What ranks began, one among them, goes on in a process without a launcher with their bits.
  @Test func whatRanksBeganGoesOnAlone() throws {
    let folder = try NNSH.temporaryFolder()
    let start = Self.preparation + "net = \(Self.plain)\n"
    let train = "train net on d epochs=6 batch=full rate=0.1"
    func run(_ script: String, ranks: Int? = nil) throws {
      let launched = ranks.map { ["PMI_RANK": "0", "PMI_SIZE": "\($0)"] } ?? [:]
      let outcome = try NNSH.run(["-q", "-c", script], environment: launched, in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    try run(start + train + "\nsave net to whole.nnsh", ranks: 1)
    try run(
      start + train + " each { if epoch == 3 { save net to \"part.nnsh\"; stop } }", ranks: 1)
    try run(Self.preparation + "load part.nnsh as net\ntrain net\nsave net to rest.nnsh")
    #expect(try bytes("whole.nnsh", folder) == bytes("rest.nnsh", folder))
  }

  private func bytes(_ name: String, _ folder: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
  }

  /// A process killed again and again, at random moments, ends where one that lives ends.
  /// `NNSH_KILLS` sets how often.
  @Test func killsChangeNothing() throws {
    let kills = ProcessInfo.processInfo.environment["NNSH_KILLS"].flatMap { Int($0) } ?? 6
    let folder = try NNSH.temporaryFolder()
    let data = """
      seed(7)
      x = randn(2000, 20)
      d = dataset(x, where(sum(x[:, 0:3], axis=1) > 0, 1, 0)) |> split(train=1500, valid=500)

      """
    let network = "dense(20, 64) |> batch_norm |> relu |> dropout(0.2) |> dense(2) |> softmax"
    let options = "epochs=\(5 * kills) optimizer=adam(cosine(0.01, epochs=\(5 * kills))) save="
    let whole = try NNSH.run(
      ["-q", "-c", data + "net = \(network)\ntrain net on d \(options)whole.nnsh"], in: folder)
    #expect(whole.code == 0, "\(whole.errors)")
    var generator = SystemRandomNumberGenerator()
    var (killed, starts) = (0, 0)
    while starts < 50 * kills {
      starts += 1
      let isBegun = FileManager.default.fileExists(atPath: folder + "/run.nnsh")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: NNSH.path)
      process.arguments = [
        "-q", "-c",
        data
          + (isBegun
            ? "load run.nnsh as net\ntrain net"
            : "net = \(network)\ntrain net on d \(options)run.nnsh"),
      ]
      process.environment = NNSH.environment(home: folder)
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      if killed < kills {
        Thread.sleep(forTimeInterval: Double.random(in: 0.05...0.8, using: &generator))
        if process.isRunning { killed += 1 }
        kill(process.processIdentifier, SIGKILL)
      }
      process.waitUntilExit()
      if process.terminationReason == .exit { break }
    }
    let paths = ["whole.nnsh", "run.nnsh"]
    let script =
      paths.enumerated().map { index, path in
        "load \(path) as n\(index)\nsave n\(index).parameters to \"\(index).npz\""
      }.joined(separator: "\n") + "\nassert(n0.history.loss == n1.history.loss)"
    let read = try NNSH.run(["-q", "-c", script], in: folder)
    #expect(read.code == 0, "\(read.errors)")
    #expect(try bytes("0.npz", folder) == bytes("1.npz", folder))
  }

  /// A signal in the middle of an epoch: what the next start offers goes on to the same end.
  @Test(arguments: [SIGTERM, SIGHUP]) func aSignalKeepsThePlaceInTheEpoch(_ signal: Int32) throws {
    let folder = try NNSH.temporaryFolder()
    let start = """
      seed(7)
      x = randn(4000, 50)
      d = dataset(x, where(sum(x[:, 0:3], axis=1) > 0, 1, 0))
      net = dense(50, 128) |> batch_norm |> relu |> dropout(0.2) |> dense(2) |> softmax

      """
    let train = "train net on d epochs=6 batch=8 optimizer=adam"
    _ = try NNSH.run(["-q", "-c", start + train + "\nsave net to whole.nnsh"], in: folder)
    var training: EndedTraining?
    // It may be over before the signal comes: then once more.
    for _ in 0..<20 where training?.isBySignal != true {
      training = try EndedTraining(
        start + train, by: [signal], inEpoch: 2, after: .random(in: 0...0.1), home: folder)
    }
    let text = training?.text ?? ""
    let rescued = folder + "/state/nnsh/rescued"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: rescued)) ?? []
    let name = try #require(names.first { $0.hasSuffix(".nnsh") }, "\(text)")
    let rest = try NNSH.run(
      ["-q", "-c", start + "load \(rescued)/\(name) as net\ntrain net\nsave net to rest.nnsh"],
      in: folder)
    #expect(rest.code == 0, "\(rest.errors)")
    #expect(try bytes("whole.nnsh", folder) == bytes("rest.nnsh", folder))
  }

  /// What cannot be gone on with: the error, and what of the script still stands.
  @Test(arguments: [
    ("load part.nnsh as net\nd = 1\ntrain net", "a data set"),
    ("load part.nnsh as net\ntrain net", "d of 100 rows, which is not here"),
    (preparation + "d = dataset(x, ones(150))\nload part.nnsh as net\ntrain net", "150"),
    (
      preparation
        + "x[0, 0] = 5\nd = dataset(x, d.train.labels[0] + 0 * x[:, 0]) |> split(train=100)"
        + "\nload part.nnsh as net\ntrain net", "its numbers differ"
    ),
    ("load own.nnsh as net", "define own first"),
    ("load cut.nnsh as net", "the file holds"),
    ("load later.nnsh as net", "form 99"),
  ]) func whatDoesNotFitIsRefused(_ script: String, _ message: String) throws {
    let folder = try NNSH.temporaryFolder()
    let stop = " each { if epoch == 2 { save net to \"part.nnsh\"; stop } }"
    let made = try NNSH.run(
      [
        "-q", "-c",
        Self.preparation + "net = \(Self.plain)\ntrain net on d epochs=6\(stop)\n"
          + "train net on d epochs=6 loss=own\(stop.replacingOccurrences(of: "part", with: "own"))",
      ], in: folder)
    #expect(made.code == 0, "\(made.errors)")
    let part = try bytes("part.nnsh", folder)
    try part.prefix(part.count / 2).write(to: URL(fileURLWithPath: folder + "/cut.nnsh"))
    try Self.replacing("\"version\":\"2\"", by: "\"version\":\"99\"", in: part)
      .write(to: URL(fileURLWithPath: folder + "/later.nnsh"))
    let outcome = try NNSH.run(["-q", "-c", "kept = 5\n" + script], in: folder)
    #expect(outcome.code == 1 && outcome.errors.contains(message), "\(outcome.errors)")
    // A file that cannot be read leaves the variable alone.
    let kept = try NNSH.run(
      ["-q", "--keep-going", "-c", "net = 5\n" + script + "\nprint(\"net is {net}\")"], in: folder)
    #expect(
      !script.hasPrefix("load") || script.contains("train") || kept.output.contains("net is 5"))
  }

  /// A loss that does more than compute stays with who wrote it: a file runs no commands, not those
  /// of one word either, which look like names.
  @Test(arguments: [
    "if mean(z) > 9 { quit } else { mean((z - t)^2) }",
    "map(q -> if q > 9 { clear } else { q }, [mean((z - t)^2)])[0]",
    "if true { save 1 to \"ran.npy\"; mean((z - t)^2) } else { 0 }",
    "if true { a = mean((z - t)^2); a } else { 0 }",
  ]) func commandsOfAFileAreNotRun(_ loss: String) throws {
    let folder = try NNSH.temporaryFolder()
    let made = try NNSH.run(
      [
        "-q", "-c",
        Self.preparation + "net = \(Self.plain)\n"
          + "train net on d epochs=6 loss=(t, z) -> \(loss)"
          + " each { if epoch == 2 { save net to \"part.nnsh\"; stop } }",
      ], in: folder)
    #expect(made.code == 0, "\(made.errors)")
    let ran = folder + "/ran.npy"
    try? FileManager.default.removeItem(atPath: ran)
    let outcome = try NNSH.run(
      ["-q", "-c", Self.preparation + "load part.nnsh as net\ntrain net"], in: folder)
    #expect(outcome.code == 1 && outcome.errors.contains("a checkpoint does not hold"))
    #expect(!FileManager.default.fileExists(atPath: ran))
  }

  /// The header's length stands in its first eight bytes.
  private static func replacing(_ old: String, by new: String, in data: Data) -> Data {
    guard let range = data.range(of: Data(old.utf8)) else { return data }
    var result = data
    result.replaceSubrange(range, with: Data(new.utf8))
    var length = data.prefix(8).enumerated().reduce(UInt64(0)) {
      $0 | UInt64($1.element) << (8 * $1.offset)
    }
    length += UInt64(new.utf8.count - old.utf8.count)
    for place in 0..<8 { result[place] = UInt8(truncatingIfNeeded: length >> (8 * UInt64(place))) }
    return result
  }

  @Test func minimizeGoesOn() throws {
    let folder = try NNSH.temporaryFolder()
    let start =
      Self.preparation + """
        m = {W: 0.1 * randn(6, 2), b: zeros(2)}
        fn logits(m, x) = x @ m.W + m.b + 0.01 * randn(2)

        """
    let command =
      "minimize cross_entropy(y, softmax(logits(m, x))) wrt m on d epochs=6 batch=32 "
      + "optimizer=adam(1e-2) augment=noisy save=run.nnsh"
    func run(_ script: String) throws {
      let outcome = try NNSH.run(["-q", "-c", script], in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    try run(start + command + "\nsave m to whole.npz\nassert(len(ans.history.loss) == 6)")
    try run(
      start
        + command.replacingOccurrences(
          of: "on d", with: "on d each { if epoch == 3 and not file { exit(0) } }"
        ).replacingOccurrences(of: "save=", with: "save=part_")
        .replacingOccurrences(of: "minimize", with: "file = false\nminimize"))
    try run(
      start
        + "file = true\nload part_run.nnsh\nminimize\nsave m to rest.npz\nassert(len(ans.history.loss) == 6)"
    )
    #expect(try bytes("whole.npz", folder) == bytes("rest.npz", folder))
  }

  @Test func aSessionComesBack() throws {
    let folder = try NNSH.temporaryFolder()
    let made = try NNSH.run(
      [
        "-q", "-c",
        Self.preparation + """
          text = "a \\"b\\" {{c}}\\n"
          r = {k: [1, "x", none, true], m: {z: [[1, 2], [3, 4]]}}
          r["odd key"] = inf
          f = x -> x^2
          fn fact(n) { if n < 2 { return 1 }
            return n * fact(n - 1) }
          fn adder(k) { return x -> x + k }
          add3 = adder(3)
          o = adam(cosine(0.1, epochs=5))
          m = {w: randn(3, 2)}
          o, m = update(o, m, {w: ones(3, 2)})
          numbers = map(i -> 2 * i, 1...50)
          net = dense(6, 4) |> swish |> dense(2) |> softmax
          train net on d epochs=2 loss=own
          save session to s.nnsh
          o, m = update(o, m, {w: ones(3, 2)})
          print(text, r, f(3), fact(5), m.w, numbers, len(d.train), sum(net(x)), net.history.loss)
          print(randn(3), noisy(ones(2)), cosine(0.1, epochs=5)(2), 1e-300, f64([0.1, 1/3]))
          """,
      ], in: folder)
    #expect(made.code == 0, "\(made.errors)")
    #expect(made.errors.contains("add3 is left out: a function that uses variables"))
    let back = try NNSH.run(
      [
        "-q", "-c",
        """
        load s.nnsh
        o, m = update(o, m, {w: ones(3, 2)})
        print(text, r, f(3), fact(5), m.w, numbers, len(d.train), sum(net(x)), net.history.loss)
        print(randn(3), noisy(ones(2)), cosine(0.1, epochs=5)(2), 1e-300, f64([0.1, 1/3]))
        """,
      ], in: folder)
    #expect(back.code == 0, "\(back.errors)")
    #expect(back.output == made.output)
  }
}
