import Language
import Library
import Syntax
import Testing

/// What an observer is told, and that nobody else is.
@Suite struct ObservationTests {
  /// Notes what it is told.
  final class Notes: MachineObserver {
    var lines: [String] = []
    var open: [ObservedExpression] = []
    let followsCalls: Bool

    init(followsCalls: Bool = true) { self.followsCalls = followsCalls }

    func willEvaluate(_ expression: ObservedExpression, depth: Int) { open.append(expression) }

    func didEvaluate(
      _ expression: ObservedExpression, depth: Int, as value: Value
    ) -> Value {
      while let last = open.popLast(), last !== expression {}
      let role = expression.role == .choice ? "choice " : ""
      lines.append(
        "\(role)\(expression.source.text(in: expression.expression.span)) = \(value.display())")
      return value
    }

    func didEnter(parameters: [(name: String, value: Value)], depth: Int) {
      lines.append("enter " + parameters.map { "\($0.name)=\($0.value.display())" }.joined())
    }

    func didAssign(
      _ value: Value, to name: String, part: (index: Int, count: Int), depth: Int
    ) {
      lines.append("\(name) <- \(value.display())")
    }

    func willTakeTurn(
      of loop: ObservedLoop, position: Int, elements: [Value], of sequence: Value?, depth: Int
    ) {
      lines.append("turn \(position) " + elements.map { $0.display() }.joined(separator: " "))
    }

    func didCall(
      _ builtin: Builtin, _ arguments: [Value], names: [String?], giving value: Value
    ) -> Value {
      lines.append("call \(builtin.declaration.name)")
      return value
    }

    func output(of network: Box<NetworkValue>, for input: Value) -> Value? { nil }
  }

  /// Evaluates the expression of its one command with an observer.
  final class Host: CommandHost {
    let notes: Notes
    let commandSyntax = [
      "watch": CommandSyntax(name: "watch", slots: [.init("expression", .expression)])
    ]
    var value: Value?

    init(_ notes: Notes) { self.notes = notes }

    func execute(_ command: RunningCommand, on machine: Machine) throws -> Value? {
      guard case .thunk(let thunk)? = command.first("expression") else { return nil }
      value = try thunk.evaluate(observedBy: notes)
      return nil
    }

    func echo(_ value: Value) {}
  }

  private func notes(of script: String, followsCalls: Bool = true) throws -> Host {
    let host = Host(Notes(followsCalls: followsCalls))
    let machine = Machine(host: host, write: { _ in })
    try machine.run(machine.compile(SourceText(script, name: "test.nns")))
    return host
  }

  @Test func everythingIsTold() throws {
    let script = """
      fn f(n, k=2) {
        s = 0
        for i in 0..<n { s += i }
        if s > 0 { s = s * k }
        return s
      }
      watch sqrt(f(3))
      """
    let host = try notes(of: script)
    #expect(
      host.notes.lines == [
        "3 = 3", "2 = 2", "enter n=3k=2", "0 = 0", "s <- 0", "0 = 0", "n = 3", "0..<n = 0..<3",
        "turn 0 0", "s = 0", "i = 0", "s += i = 0", "s <- 0",
        "turn 1 1", "s = 0", "i = 1", "s += i = 1", "s <- 1",
        "turn 2 2", "s = 1", "i = 2", "s += i = 3", "s <- 3",
        "s = 3", "0 = 0", "choice s > 0 = true", "s = 3", "k = 2", "s * k = 6", "s <- 6", "s = 6",
        "f(3) = 6", "call sqrt", "sqrt(f(3)) = \(Value.number(6.0.squareRoot()).display())",
      ])
    #expect(host.notes.open.isEmpty)
  }

  @Test func calledAsAWhole() throws {
    let host = try notes(
      of: "fn f(n) { s = n + 1; return sqrt(s) }\nwatch f(3) * 2", followsCalls: false)
    #expect(host.notes.lines == ["3 = 3", "f(3) = 2", "2 = 2", "f(3) * 2 = 4"])
  }

  /// Functions that functions make, and what builtins call, are seen too.
  @Test(arguments: [
    ("fn make(k) = v -> v * k\ng = make(2)\nwatch g(4)", "v * k = 8"),
    ("watch sum(map(u -> u + 1, [1, 2]))", "u + 1 = 3"),
    ("h = (u -> u * 3) |> sqrt\nwatch h(12)", "u * 3 = 36"),
    ("fn fact(n) = if n < 2 { 1 } else { n * fact(n - 1) }\nwatch fact(4)", "n * fact(n - 1) = 24"),
    (
      "fn outer() { a = 1; fn inner(b) { return a + b }; a = 5; return inner(2) }\nwatch outer()",
      "a + b = 7"
    ),
  ])
  func calls(_ script: String, _ line: String) throws {
    #expect(try notes(of: script).notes.lines.contains(line))
  }

  /// A function that was observed is as before afterwards, and its code tells nobody anything.
  @Test func nothingIsLeft() throws {
    let host = Host(Notes())
    let machine = Machine(host: host, write: { _ in })
    try machine.run(
      machine.compile(SourceText("fn f(n) = n * n + 1\nwatch f(2)\nx = f(3)", name: "test.nns")))
    #expect(host.notes.lines.last == "f(2) = 5")
    #expect(machine.observer == nil)
    let program = try machine.compile(SourceText("fn g(n) = f(n) + 1\ny = g(4)", name: "test.nns"))
    #expect(!program.dump.contains("observe"))
    try machine.run(program)
    #expect(machine.global("y")?.display() == "18")
    #expect(host.notes.lines.last == "f(2) = 5")
  }
}
