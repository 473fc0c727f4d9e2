import Console
import Language
import Syntax

/// The variables of a function that stands still or has failed, open for looking: expressions see
/// them before the global variables, `who` lists them.
final class FrameView {
  private(set) var frame: RunningFrame

  init(_ frame: RunningFrame) { self.frame = frame }

  /// Whether it has a variable of this name.
  func holds(_ name: String) -> Bool { frame.variables.contains { $0.name == name } }

  /// Runs what was typed with the frame's variables.
  ///
  /// - Returns: whether it worked.
  @discardableResult
  func run(_ text: String, in session: Session) -> Bool {
    let source = SourceText(text, name: "<prompt>")
    do throws(Diagnostic) {
      let statements = try Parser.parse(source, commands: Command.syntaxByName)
      for statement in statements { try run(statement, source, session) }
      return true
    } catch {
      session.report(error)
      return false
    }
  }

  private func run(
    _ statement: Statement, _ source: SourceText, _ session: Session
  ) throws(Diagnostic) {
    switch statement.kind {
    case .expression(let expression):
      let value = try evaluated(expression, source, session)
      if !statement.isSilenced { session.echo(value) }
      if let kept = session.answer(value) { session.machine.globals["ans"] = kept }
    case .command(let command) where command.name.text == "who" && command.arguments.isEmpty:
      listVariables(session)
    case .command: try runCommand(statement, source, session)
    default:
      // What the session is given is its own from now on.
      hide(NameCollector(function: Self.function(of: statement)).assigned)
      try session.machine.run(session.machine.compile(source, only: statement))
    }
  }

  private func evaluated(
    _ expression: Expression, _ source: SourceText, _ session: Session
  ) throws(Diagnostic) -> Value {
    do {
      return try session.machine.evaluate(expression, in: source, variables: frame.variables)
    } catch let failure as Failure {
      throw failure.diagnostic
    } catch let diagnostic as Diagnostic {
      throw diagnostic
    } catch {
      throw Diagnostic("\(error)", source: source, span: expression.span)
    }
  }

  /// A command sees the variables as global ones while it runs.
  private func runCommand(
    _ statement: Statement, _ source: SourceText, _ session: Session
  ) throws(Diagnostic) {
    let globals = session.machine.globals
    let before = frame.variables.map { ($0.name, globals.isUserDefined($0.name), globals[$0.name]) }
    for (name, value) in frame.variables { globals[name] = value }
    defer {
      for (name, wasDefined, value) in before { globals[name] = wasDefined ? value : nil }
    }
    try session.machine.run(session.machine.compile(source, only: statement))
  }

  private static func function(of statement: Statement) -> FunctionLiteral {
    FunctionLiteral(
      name: nil, parameters: [], body: Block(statements: [statement], span: statement.span),
      span: statement.span)
  }

  /// Takes variables out of the view.
  private func hide(_ names: [String]) {
    frame.variables.removeAll { names.contains($0.name) }
  }

  private func listVariables(_ session: Session) {
    var table = Table([("name", .left), ("value", .left)])
    for (name, value) in frame.variables { table.append([name, DebugValue.text(of: value)]) }
    let heading = "in \(frame.function), \(frame.place)"
    let lines =
      frame.variables.isEmpty
      ? [heading + ": no variables yet"]
      : [heading] + table.lines(paint: Paint(isOn: session.terminal.colorsOutput))
    session.writeOutput(lines.joined(separator: "\n") + "\n")
    let globals = session.machine.globals.userDefined.map(\.name).filter { $0 != "args" }
    if !globals.isEmpty {
      session.writeOutput("outside: " + globals.joined(separator: " ") + "\n")
    }
  }
}
