import Foundation
import Networks
import Testing

@testable import Console
@testable import Language
@testable import Prompt
@testable import Shell
@testable import Syntax

/// What Tab offers, place by place.
@Suite struct CompletionTests {
  private let session: Session

  init() throws {
    session = Session(
      try CommandLine(parsing: ["-q", "--no-history"]), terminal: Terminal(),
      output: OutputStream(1, capacity: 1 << 16) { _ in },
      errors: OutputStream(2, capacity: 1 << 16) { _ in })
    let setup = """
      net = dense(4, 8) |> relu |> dense(8, 3) |> softmax
      d = dataset(randn(10, 4), arange(10) % 3)
      weights = zeros(4, 8); settings = {rate: 0.1, name: "x"}; count = 3
      fn scaled(values, factor=2) = values * factor
      """
    _ = session.runScript(SourceText(setup, name: "setup"))
  }

  private func complete(_ text: String) -> Completions {
    Completer(machine: session.machine, session: session)
      .completions(of: text, at: text.utf8.count)
  }

  private func names(_ text: String) -> [String] { complete(text).candidates.map(\.text) }

  @Test(
    arguments: [
      ("transcr", "transcript "), ("weig", "weights"), ("scal", "scaled("),
      ("x = cross_en", "cross_entropy("), ("settings.ra", "rate"), ("d.tr", "train"),
      ("print(d.train.la", "labels"), ("net.par", "parameters"), ("x = net.W", "W"),
      ("train net on d ep", "epochs="), ("train net on d optim", "optimizer="),
      ("train net on d reduction=su", "sum "), ("train net on d precision=b", "bf16 "),
      ("train net on d shuffle=fa", "false "), ("train ne", "net"),
      ("train net on d mom", "momentum="),
      ("load lett", "letters "), ("set hin", "hints "), ("transcript of", "off "),
      ("sum(weights, ax", "axis="), ("sum(weights, axis=0, keep", "keepdims="),
      ("scaled(1, fac", "factor="), ("dense(3, 4, init=\"xav", "xavier\""),
      ("\"epoch {cou", "count"), ("print(\"a\"); transcr", "transcript "),
      ("if true {\n  transcr", "transcript "), ("grad sum(weights) w", "wrt "), ("for i i", "in "),
      ("?softm", "softmax"), ("reset n", "net"), ("source dL_db_h", nil), ("\\alpha", "α"),
      ("test net on d", nil), ("clear weig", "weights"), ("explain cross_en", "cross_entropy("),
    ] as [(String, String?)])
  func oneFits(_ text: String, _ insertion: String?) {
    let found = complete(text)
    if text == "x = net.W" {
      #expect(found.candidates.map(\.text) == ["W1", "W2"])
    } else {
      #expect(found.insertion == insertion, "\(text): \(found.candidates.map(\.text).prefix(9))")
    }
  }

  /// What stands after the cursor is not written twice.
  @Test(arguments: [
    ("sum(weights) + mea", "(weights)", "mean"), ("sum(weights, keepd", "=true)", "keepdims"),
    ("sum(weights) + mea", "", "mean("), ("load lett", " as d", "letters"),
  ])
  func whatFollowsIsNotRepeated(_ before: String, _ after: String, _ insertion: String) {
    let found = Completer(machine: session.machine, session: session)
      .completions(of: before + after, at: before.utf8.count)
    #expect(found.insertion(before: after) == insertion)
  }

  @Test func valuesOfArgumentsComeFromTheirDeclarations() {
    #expect(names("train net on d optimizer=") == UpdateRule.all.map(\.name).sorted())
    #expect(names("sgd(rate=").contains("cosine") && !names("sgd(rate=").contains("adam"))
    #expect(names("train net on d epochs=").first == "10")
    #expect(names("sgd(0.1, nesterov=") == ["false", "true"])
    #expect(complete("load \"a b.npy\"").insertion == "\"a b.npy\" ")
    #expect(names("load \"a b.npy\" ") == ["as", "n", "noise", "shard"])
  }

  /// As the columns of a file may be.
  @Test func namesOfAnyNumberAndLengthAreShortened() throws {
    var record = Record()
    for number in 0..<300_000 { record["column\(number)"] = .number(1) }
    record[String(repeating: "x", count: 300_000)] = .number(2)
    record["\u{1B}]0;title\u{7}"] = .number(3)
    session.machine.globals["wide"] = .record(RecordBox(record))
    let lines = complete("wide.").listing(width: 80, height: 24)
    #expect(lines.count <= 24)
    #expect(lines.allSatisfy { DisplayWidth.of($0) < 80 && !$0.contains("\u{1B}") })
    let described = try ValueDescription(.record(RecordBox(record))).exhibits.lines
    #expect(described.count < 120)
    #expect(described.allSatisfy { $0.utf8.count < 200 && !$0.contains("\u{1B}") })
    #expect(ValueMeasure(.record(RecordBox(record))).extent.utf8.count < 100)
  }

  @Test func onlyWhatFitsIsOffered() {
    #expect(names("train net on ") == ["d"])
    #expect(names("train ") == ["net"])
    #expect(names("set hints ") == ["off", "on"])
    #expect(names("train net on d loss=").allSatisfy { !$0.isEmpty })
    #expect(names("# a comment tra").isEmpty)
    #expect(names("f(weights).sh").isEmpty)
    #expect(names("12").isEmpty)
    // A variable of a command's name is an expression.
    #expect(names("train = we") == ["weights"])
    #expect(!names("sum(").contains("train"))
    #expect(!names("1 + ").contains("load"))
    #expect(!names("train net on d epochs=3 ").contains("epochs"))
    #expect(names("weights a") == ["and"])
    #expect(names("grad sum(weights) wrt ") == ["count", "net", "settings", "weights"])
    #expect(names("for ").isEmpty && names("fn ").isEmpty)
    #expect(names("weights |> s").contains("scaled") && !names("weights |> s").contains("settings"))
    #expect(names("lesson ") == ["1", "2"])
  }

  /// Of a long list the screen shows the beginning.
  @Test func whatIsNearestIsListedFirst() {
    #expect(names("sum(weights, ").prefix(3) == ["axis", "keepdims", "count"])
    #expect(complete("sum(weights, ").listing(width: 80).first?.hasPrefix("axis=") == true)
    #expect(names("train net on d ").first == "augment")
    let ranks = complete("1 + ").candidates.map(\.rank.rawValue)
    #expect(ranks == ranks.sorted())
  }

  @Test func variablesShowTheirShapes() throws {
    let candidate = try #require(complete("weig").candidates.first)
    #expect(candidate.summary == "tensor 4×8")
    let parameter = try #require(complete("net.W1").candidates.first)
    #expect(parameter.summary == "tensor 4×8")
  }

  @Test func pathsAreQuotedWhereTheyMustBe() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/nnsh-paths-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: folder + "/sub folder", withIntermediateDirectories: true)
    for name in ["plain.csv", "my data.npy", "notes.md", "script.nns", "qu\"ote.npz"] {
      try Data().write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    #expect(complete("load \(folder)/pl").insertion == "\(folder)/plain.csv ")
    #expect(complete("load \(folder)/my").insertion == "\"\(folder)/my data.npy\" ")
    #expect(complete("load \(folder)/qu").insertion == "\"\(folder)/qu\\\"ote.npz\" ")
    #expect(complete("load \"\(folder)/my d").insertion == "\(folder)/my data.npy\"")
    #expect(complete("load \"\(folder)/sub").insertion == "\(folder)/sub folder/")
    #expect(complete("load \(folder)/not").candidates.isEmpty)
    #expect(complete("run \(folder)/").candidates.map(\.label) == ["script.nns", "sub folder/"])
    #expect(complete("save weights to \(folder)/not").insertion == "\(folder)/notes.md ")
    #expect(complete("x = try(\"\(folder)/pla").insertion == "\(folder)/plain.csv\"")
  }

  @Test func aListKeepsToTheScreen() {
    let commands = complete("")
    for (width, height) in [(20, 6), (80, 24), (200, 50)] {
      let lines = commands.listing(width: width, height: height)
      #expect(lines.count <= height)
      #expect(lines.allSatisfy { DisplayWidth.of($0) < width })
    }
    let few = complete("train net on d re")
    #expect(few.listing(width: 80).contains { $0.hasPrefix("reduction") && $0.count > 12 })
  }

  @Test func tenThousandVariablesAreCompleted() {
    let machine = session.machine
    for number in 0..<10_000 { machine.globals["variable\(number)"] = .number(Double(number)) }
    #expect(complete("variable999").candidates.count == 11)
    #expect(complete("variable").candidates.count == 10_000)
  }

  @Test func completingChangesNothing() {
    let machine = session.machine
    _ = session.runScript(SourceText("seed 3\nbefore = rand(1)\nseed 3", name: "setup"))
    let names = machine.globals.userDefined.map(\.name)
    for text in [
      "exit(", "x = rand(2).", "[clear ", "train net on d.", "net.W1.T.", "print(seed(4).",
    ] {
      _ = complete(text)
      _ = ShapeInference(machine: machine).resultShape(of: text + ")")
    }
    #expect(machine.globals.userDefined.map(\.name) == names)
    _ = session.runScript(SourceText("same = all(rand(1) == before)", name: "check"))
    #expect(machine.globals["same"]?.display(.plain) == "true")
  }

  @Test(arguments: [
    ("dense(784, 1000)", "N×1000"), ("m = dense(784, 5) |> relu |> dense(10)", "N×10"),
    ("net", ""), ("net(zeros(7, 4))", "7×3"), ("zeros(7, 4) |> net", "7×3"),
    ("weights'", "8×4"), ("zeros(2, 4) @ weights", "2×8"), ("sum(weights, axis=0)", "8"),
    ("sum(weights)", "number"), ("weights[0]", "8"), ("weights[1:3, :]", "2×8"),
    ("relu(weights)", "4×8"), ("weights + zeros(8)", "4×8"), ("zeros(3) + zeros(4)", ""),
    ("conv2d(1, 8, 3) |> relu |> max_pool(2)", "N×H/2×W/2×8"), ("unknown(3)", ""),
    ("zeros(1e300)", ""), ("zeros(-1)", ""), ("scaled(3)", ""), ("dense(", ""),
    ("xavier(784, 10)", "784×10"), ("compute(zeros(5, 4), weights, zeros(8))", "5×8"),
  ])
  func shapesAreInferred(_ text: String, _ shape: String) {
    #expect(ShapeInference(machine: session.machine).resultShape(of: text) == shape)
  }
}
