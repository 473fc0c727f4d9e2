import Explaining
import Foundation
import Syntax
import Tensors
import Testing

@testable import Console
@testable import Language
@testable import Library
@testable import Shell

/// `explain` shows how the machine evaluates, so what it arrives at is what the machine gives: for
/// every expression of all golden scripts and of all examples in the help.
@Suite struct ExplainValueTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("GoldenTests/Scripts")

  static let scripts: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    // What asks for memory is not run twice, nor what trains inside an expression.
    // The deepest values need the stack that only the shell's own thread has.
    let others = ["out_of_memory.nns", "train_nan_kept.nns", "deep_and_shared.nns"]
    return files.filter { $0.hasSuffix(".nns") && !others.contains($0) }.sorted()
  }()

  static let declarations: [Declaration] = Builtin.all.map(\.declaration) + Prelude.declarations

  /// In a process of its own: the scripts change settings that hold for all of it.
  @Test func goldenScripts() async {
    await #expect(processExitsWith: .success) { try ExplainValueTests.compareGoldenScripts() }
  }

  fileprivate static func compareGoldenScripts() throws {
    for name in scripts {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      try compare(SourceText(text, name: name))
    }
  }

  @Test(arguments: declarations.map(\.name)) func example(_ name: String) throws {
    let declaration = try #require(Self.declarations.first { $0.name == name })
    for example in declaration.examples {
      try Self.compare(SourceText(example.code, name: name))
    }
  }

  @Test func whatTheyDisagreedAbout() throws {
    let script = """
      fn F() {
        fn g() { k = 8; return k }
        k = 7
        g()
        return k
      }
      F()
      fn late() { a = 1; fn g() = a; a = 2; return g() }
      late()
      fn early() { if false { z = 1 }; return z }
      early()
      fn shadowed(sum) = sum + 1
      shadowed(3)
      fn grown() { l = []; for i in 1...4 { l = l + [i, i * i] }; return l }
      grown()
      fn twice() { l = [1, "a"]; return l * 2 }
      twice()
      [0.1, 0.2] == [0.1, 0.20000001]
      "1" == 1
      [1, 2] == [1, 2]
      {a: 1} == {a: 1}
      fn swapped() { a, b = [0.1, 0.7]; a, b = [b, a]; return a - b }
      swapped()
      fn leaves(x) { y = if x > 0 { return 5 } else { 2 }; return y * 10 }
      leaves(1) + leaves(-1)
      fn words() { t = ""; for c in "abc" { t = c + t }; return t }
      words()
      fn fields() { t = ""; for k, v in {a: 1, b: 2} { t = t + k + "{v}" }; return t }
      fields()
      fn parts() { a = zeros(3); a[1] = 5; a[2] += 2; return a }
      parts() * 2
      fn long() { s = 0; for i in 1...1000 { s += i * i }; return s }
      long()
      fn deep(n) = if n < 1 { 0 } else { n + deep(n - 1) }
      deep(300)
      fn fibonacci(n) = if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
      fibonacci(15)
      fn mapped(k) = map(v -> v * k, [1, 2, 3])
      mapped(3)
      f = x -> x + 1 |> sqrt
      f(3)
      fn composed() { g = sqrt |> exp; return g(4) }
      composed()
      m = [3, 1, 2] > 1.5
      m
      [3, 1, 2][m]
      fn masked(v) = v[v > 1]
      masked([3, 1, 2])
      fn inner(x) { fn h(a, b=x) = a * b; return h(b=2, a=3) + h(5) }
      inner(7)
      true and not false
      3 in [1, 2, 3]
      fn stop() { for i in 0..<10 { if i == 4 { break }; if i < 2 { continue }; s = i }; return s }
      stop()
      x = [[1, 2], [3, 4]]
      fn rows() { t = 0; for i, r in enumerate(x) { t += i * sum(r) }; return t }
      rows()
      fn over(x, y=x) { x = x + 1; return x * 10 + y }
      over(2)
      """
    try Self.compare(SourceText(script, name: "differences"), atLeast: 30)
  }

  /// Runs a script; before each statement its expression is explained, and evaluated, on the state
  /// that it meets.
  static func compare(_ source: SourceText, atLeast count: Int = 0) throws {
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer { close(null) }
    let session = Session(
      try CommandLine(parsing: ["-q", "--no-history"]), terminal: Terminal(),
      output: OutputStream(null, capacity: 1 << 16) { _ in },
      errors: OutputStream(null, capacity: 0) { _ in })
    session.settings.keepsHistory = false
    let machine = session.machine
    guard let statements = try? Parser.parse(source, commands: session.commandSyntax) else {
      return
    }
    var compared = 0
    for statement in statements {
      if machine.exitCode != nil { break }
      if let expression = statement.valueExpression, !expression.isVarying {
        try compare(expression, source, machine)
        compared += 1
      }
      guard let program = try? machine.compile([statement], source: source) else { continue }
      try? machine.run(program)
    }
    #expect(compared >= count)
    withExtendedLifetime(session) {}
  }

  private static func compare(
    _ expression: Syntax.Expression, _ source: SourceText, _ machine: Machine
  ) throws {
    let random = machine.random.generator
    let exit = machine.exitCode
    let value = Result { try machine.evaluate(expression, in: source) }
    machine.random.generator = random
    machine.exitCode = exit
    let literal = FunctionLiteral(
      name: nil, parameters: [],
      body: Block(
        statements: [Statement(.expression(expression), expression.span)], span: expression.span),
      span: expression.span)
    let function = try machine.function(literal, in: source)
    let thunk = Thunk(
      expression: expression, source: source, place: nil, function: function, machine: machine)
    let explanation = try Explanation.of(thunk, on: machine)
    machine.random.generator = random
    machine.exitCode = exit
    let text = source.text(in: expression.span)
    switch value {
    case .failure: #expect(explanation.failure != nil, "\(source.name): \(text)")
    case .success(let expected):
      guard let given = explanation.value else {
        let isFunction = if case .function = expected { true } else { false }
        #expect(
          isFunction && explanation.failure == nil,
          "\(source.name): \(text): \(String(describing: explanation.failure))")
        return
      }
      #expect(
        given.isIdentical(to: expected),
        "\(source.name): \(text): \(given.display()) for \(expected.display())")
    }
  }
}

extension Statement {
  /// The expression whose value the statement is about.
  fileprivate var valueExpression: Syntax.Expression? {
    switch kind {
    case .expression(let expression): expression
    case .assignment(let targets, let value) where targets.count == 1: value
    default: nil
    }
  }
}

extension Syntax.Expression {
  /// Whether it gives something else each time, or changes what it meets.
  fileprivate var isVarying: Bool {
    let names = NameCollector(thunk: self).free
    return !names.isDisjoint(with: ["clock", "time", "now", "exit", "input", "save", "seed"])
  }
}

extension Value {
  /// Whether the two are of one kind and agree to the last bit.
  fileprivate func isIdentical(to other: Value) -> Bool {
    switch (self, other) {
    case (.number(let a), .number(let b)): a == b || a.isNaN && b.isNaN
    case (.tensor(let a), .tensor(let b)):
      a.content.elementType == b.content.elementType && a.content.shape == b.content.shape
        && zip(a.content.doubles(), b.content.doubles()).allSatisfy {
          $0 == $1 || $0.isNaN && $1.isNaN
        }
    case (.list(let a), .list(let b)):
      a.content.count == b.content.count
        && zip(a.content, b.content).allSatisfy { $0.isIdentical(to: $1) }
    default: kindName == other.kindName && display() == other.display()
    }
  }
}
