import Language
import Syntax

extension Command {
  /// Watching functions at work.
  static let debugging: [Command] = [debug, pause]

  static let debug = Command(
    "debug", "evaluates an expression and shows each line of the functions that it calls",
    details: """
      Each line is shown when it runs, with the values and shapes that it gives. At a terminal it \
      waits at every line: Enter goes on, step goes into the function that is called, out leaves \
      it, continue runs to the end, stop ends it; who lists the variables, and an expression shows \
      its value.
      """,
    arguments: [.slot("expression", .any, "what to evaluate, as f(x)")],
    result: "the expression's value",
    examples: [
      .init(
        """
        fn area(r) {
          s = r^2
          return pi * s
        }
        debug area(2)
        """, nil)
    ],
    seeAlso: ["pause", "explain", "time"]
  ) { context in
    guard case .thunk(let thunk)? = context.command.first("expression") else { return nil }
    let value = try context.session.debugger.debug(thunk)
    context.echo(value)
    return value
  }

  static let pause = Command(
    "pause", "stops at a line of a file whenever it is about to run",
    details: """
      PLACE is FILE:LINE; a line without a statement stands for the next one that has one. At a \
      terminal the words of debug go on from there; otherwise the variables there are shown. \
      `pause` alone lists the places, `pause off` removes them all.
      """,
    arguments: [.slot("place", .path, default: .computed("the list"), "FILE:LINE, or off")],
    seeAlso: ["debug", "run"]
  ) { context in
    let debugger = context.session.debugger
    guard let place = try context.word("place") else {
      if debugger.pauses.isEmpty { context.note("no pauses: pause FILE:LINE sets one") }
      for pause in debugger.pauses { context.print("\(pause.path):\(pause.line)") }
      return nil
    }
    if place == "off" {
      debugger.pauses = []
      context.machine.standingObserver = nil
      return nil
    }
    let pause = try Debugger.Pause(place)
    if !debugger.pauses.contains(pause) { debugger.pauses.append(pause) }
    context.machine.standingObserver = debugger
    context.note("stops at \(pause.path):\(pause.line)")
    return nil
  }
}

extension Debugger.Pause {
  /// Reads `FILE:LINE`.
  ///
  /// - Throws: where it is none, or the file cannot be read or has no statement from there on.
  fileprivate init(_ place: String) throws {
    guard let colon = place.lastIndex(of: ":"),
      let number = Int(place[place.index(after: colon)...]), number > 0
    else {
      throw RuntimeError.other(
        "\(place) names no line", hint: "write pause FILE:LINE, as pause demo.nns:3")
    }
    path = String(place[..<colon])
    let source: SourceText
    do { source = try ScriptFile.read(path) } catch {
      throw RuntimeError.other(error.message, hint: nil)
    }
    let reading = try Parser.readThrough(source, commands: Command.syntaxByName)
    let lines = Self.lines(of: reading.statements).map { source.position(of: $0).line }
    guard let first = lines.filter({ $0 >= number }).min() else {
      throw RuntimeError.other(
        "\(path) has no statement from line \(number) on", hint: nil)
    }
    line = first
  }

  /// Where the statements begin that give something to evaluate, those in blocks and functions too.
  private static func lines(of statements: [Statement]) -> [Int] {
    statements.flatMap { statement -> [Int] in
      switch statement.kind {
      case .expression(let expression): [statement.span.start] + lines(in: expression)
      case .assignment(_, let value): [value.span.start] + lines(in: value)
      case .update(_, _, let value), .returnValue(let value?):
        [value.span.start] + lines(in: value)
      case .function(let literal): lines(of: literal.body.statements)
      case .whileLoop(let condition, let body):
        [condition.span.start] + lines(of: body.statements)
      case .forLoop(_, let sequence, let body):
        [sequence.span.start] + lines(of: body.statements)
      case .command, .breakLoop, .continueLoop, .returnValue(nil): []
      }
    }
  }

  private static func lines(in expression: Expression) -> [Int] {
    switch expression.kind {
    case .function(let literal): lines(of: literal.body.statements)
    case .conditional(_, let then, let otherwise):
      lines(of: then.statements) + lines(of: otherwise?.statements ?? [])
    default: expression.parts.flatMap(lines)
    }
  }
}
