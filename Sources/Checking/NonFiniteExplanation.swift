import Language
import Networks
import Operations
import Syntax
import Tensors

/// `explain nan`: where the last NaN or infinity was born.
///
/// After training, from the trainer's own replay of the epoch. Otherwise the statement that left
/// one in a variable is run once more with every operation watched; a loop from the beginning of
/// the session, on another machine, so that it starts from the values that it started from.
package struct NonFiniteExplanation {
  /// What to print.
  package let lines: [String]

  /// - Parameter freshMachine: gives a machine without variables, whose output nobody sees.
  package static func of(
    _ machine: Machine, freshMachine: () throws -> Machine
  ) throws -> NonFiniteExplanation {
    for (position, entry) in machine.past.enumerated().reversed() {
      if case .training(.notFinite(let report))? = entry.failure {
        return NonFiniteExplanation(lines: training(report))
      }
      guard entry.failure == nil, isGuilty(entry, on: machine) else { continue }
      let loopNames = names(ofLoop: entry.statement)
      if let loopNames {
        return try replay(
          machine.past[...position], loopNames: loopNames, on: try freshMachine())
      }
      if let found = try again(entry, on: machine) { return found }
    }
    throw RuntimeError.other(
      "no variable holds a NaN or an infinity, and no training stopped on one", hint: nil)
  }

  // MARK: Training

  private static func training(_ report: NotFiniteReport) -> [String] {
    let place = report.layer > 0 ? "layer \(report.layer), \(report.layerName)" : report.layerName
    var lines = [
      "the first NaN or infinity was born in training: epoch \(report.epoch), step \(report.step)",
      "  \(place), \(report.phase): \(report.operation)",
    ]
    if let row = report.row { lines.append("  example row \(row)") }
    lines += report.operands.map { "  \($0.description)" }
    let sizes = report.largestWeights.enumerated().map { (turn: Double($0 + 1), size: $1) }
    if let growth = growth(sizes.map { (turn: $0.turn, size: $0.size) }, unit: "step") {
      lines.append("  the greatest weight \(growth)")
    }
    return lines
  }

  /// From when on sizes stayed above twice the least, in words.
  private static func growth(_ sizes: [(turn: Double?, size: Double)], unit: String) -> String? {
    guard let least = sizes.map(\.size).min(),
      let start = sizes.lastIndex(where: { $0.size <= 2 * least })
    else { return nil }
    let run = sizes[start...]
    guard run.count > 1, let first = run.first, let last = run.last,
      last.size > 2 * first.size
    else { return nil }
    let stride = max(1, run.count / 4)
    var shown = run.enumerated().filter { $0.offset % stride == 0 }.map(\.element.size)
    if shown.last != last.size { shown.append(last.size) }
    let values = shown.map(short).joined(separator: " → ")
    let begin = first.turn.map { "\(unit) \($0.displayed)" } ?? "the beginning"
    return "began to grow at \(begin): \(values)"
  }

  // MARK: Statements

  /// Whether what a statement assigned, or gave, is not finite now.
  private static func isGuilty(_ entry: PastStatement, on machine: Machine) -> Bool {
    if case .command = entry.statement.kind { return false }
    var assigned = ScriptOutline.names(entry.statement).assigned
    if case .expression = entry.statement.kind, assigned.isEmpty { assigned = ["ans"] }
    return assigned.contains { machine.globals[$0].map(isNotFinite) ?? false }
  }

  private static func isNotFinite(_ value: Value) -> Bool {
    value.contains { part in
      switch part {
      case .number(let number): !number.isFinite
      case .tensor(let box): box.content.doubles().contains { !$0.isFinite }
      default: false
      }
    }
  }

  /// The variables of a loop; nil for other statements.
  private static func names(ofLoop statement: Statement) -> [String]? {
    switch statement.kind {
    case .forLoop(let names, _, _): names.map(\.text)
    case .whileLoop: []
    default: nil
    }
  }

  /// Evaluates a statement's value again on the same machine; nil where it is finite now.
  private static func again(
    _ entry: PastStatement, on machine: Machine
  ) throws -> NonFiniteExplanation? {
    let expression: Expression
    switch entry.statement.kind {
    case .expression(let value), .assignment(_, let value): expression = value
    case .update(let target, let operation, let value):
      expression = Expression(
        .binary(operation, target, value, operatorSpan: entry.statement.span),
        entry.statement.span)
    default: return nil
    }
    let watcher = NonFiniteWatcher(machine, loopNames: [])
    let value = try watching(expression, machine, watcher) {
      try machine.evaluate(expression, in: entry.source)
    }
    if let birth = watcher.birth { return NonFiniteExplanation(lines: describe(birth)) }
    guard isNotFinite(value) || watcher.cameIn else { return nil }
    // Numbers met only numbers, or it was there before.
    let guilty = FunctionText.globals(readBy: expression, on: machine).first {
      machine.globals[$0].map(isNotFinite) ?? false
    }
    if guilty != nil { return nil }
    var lines = ["the first NaN or infinity was born here"]
    lines += excerpt(entry.source, expression.span)
    return NonFiniteExplanation(lines: lines)
  }

  /// Runs all up to a loop on a fresh machine, and the loop with every operation watched.
  private static func replay(
    _ past: ArraySlice<PastStatement>, loopNames: [String], on machine: Machine
  ) throws -> NonFiniteExplanation {
    guard let loop = past.last else { return NonFiniteExplanation(lines: []) }
    for entry in past.dropLast() where entry.failure == nil {
      if case .command(let command) = entry.statement.kind,
        !["load", "seed", "set"].contains(command.name.text)
      {
        continue
      }
      try machine.run(entry)
    }
    let watcher = NonFiniteWatcher(machine, loopNames: loopNames)
    let names = ScriptOutline.names(loop.statement)
    let tape = Tape(telling: watcher)
    for name in names.free.union(names.assigned) { watch(name, machine, tape) }
    try machine.run(loop)
    tape.close()
    if let birth = watcher.birth { return NonFiniteExplanation(lines: describe(birth)) }
    return NonFiniteExplanation(
      lines: [
        "the first NaN or infinity was born in this loop, in arithmetic on numbers alone"
      ] + excerpt(loop.source, loop.statement.span))
  }

  private static func watching<Result>(
    _ expression: Expression, _ machine: Machine, _ watcher: NonFiniteWatcher,
    _ body: () throws -> Result
  ) throws -> Result {
    let names = FunctionText.globals(readBy: expression, on: machine)
    let saved = names.map { ($0, machine.globals[$0]) }
    let generator = machine.random.generator
    let tape = Tape(telling: watcher)
    defer {
      tape.close()
      machine.random.generator = generator
      for (name, value) in saved { machine.globals[name] = value }
    }
    for name in names { watch(name, machine, tape) }
    return try body()
  }

  private static func watch(_ name: String, _ machine: Machine, _ tape: Tape) {
    switch machine.globals[name] {
    case .number(let number)?:
      guard let variable = try? Variable(number) else { return }
      machine.globals[name] = .traced(Box(tape.watch(variable)))
    case .tensor(let box)? where box.content.elementType != .bool:
      machine.globals[name] = .traced(Box(tape.watch(box.content)))
    default: break
    }
  }

  // MARK: Words

  private static func describe(_ birth: NonFiniteWatcher.Birth) -> [String] {
    let kind = birth.value.isNaN ? "NaN" : "infinity"
    var head =
      "the first \(kind) was born in \(birth.operation), \(FaultSearch.words(birth.shape))"
    if !birth.position.isEmpty {
      head += ", at [\(birth.position.map(String.init).joined(separator: ", "))]"
    }
    var lines = [head]
    if let place = birth.place { lines += excerpt(place.source, place.span) }
    if !birth.turn.isEmpty {
      lines.append(
        "  in the turn "
          + birth.turn.map { "\($0.name) = \($0.value.displayed)" }
          .joined(separator: ", "))
    }
    if birth.shape.rank >= 2, let row = birth.position.first {
      lines.append("  example row \(row)")
    }
    for (index, operand) in birth.operands.enumerated() {
      var text = "  operand \(index + 1): "
      text +=
        operand.shape.rank == 0
        ? short(operand.least)
        : "\(operand.shape) from \(short(operand.least)) to \(short(operand.greatest))"
      if let element = operand.element, operand.shape.rank > 0 {
        text += ", there \(short(element))"
      }
      lines.append(text)
    }
    let unit = birth.turn.first?.name ?? "time"
    if let growth = growth(birth.history, unit: unit) { lines.append("  what went in \(growth)") }
    return lines
  }

  /// A number in four digits.
  private static func short(_ number: Double) -> String {
    var format = FormatSpecification()
    format.precision = 4
    format.conversion = "g"
    return (try? Value.number(number).formatted(format)) ?? number.displayed
  }

  private static func excerpt(_ source: SourceText, _ span: Span) -> [String] {
    Diagnostic("", source: source, span: span).rendered().split(separator: "\n").dropFirst()
      .map(String.init)
  }
}
