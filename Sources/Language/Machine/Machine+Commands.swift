import Syntax
import Tensors

extension Machine {
  /// Hands a command to the host, its arguments unevaluated.
  func command(_ instruction: Instruction) throws {
    guard let code, code.tables.commands.indices.contains(Int(instruction.b)) else { return }
    let pattern = code.tables.commands[Int(instruction.b)]
    let inputs = pattern.inputs.map { entry -> (slot: String, input: CommandInput) in
      switch entry.input {
      case .word(let word, let span): return (entry.slot, .word(word, span))
      case .expression(let expression, let template, let place):
        return (
          entry.slot,
          .thunk(
            Thunk(
              expression: expression, source: code.source, place: named(place),
              function: function(template), machine: self))
        )
      }
    }
    var readings: [String: Thunk] = [:]
    for (slot, expression, template) in pattern.readings {
      readings[slot] = Thunk(
        expression: expression, source: code.source, place: nil, function: function(template),
        machine: self)
    }
    let command = RunningCommand(
      name: pattern.name, source: code.source, inputs: inputs, isAssigned: pattern.isAssigned,
      scope: code.scope, readings: readings)
    let value = try unobserved { try host.execute(command, on: self) }
    if pattern.isAssigned {
      slot(bases, instruction.a).pointee = value ?? .none
    } else if let value {
      globals["ans"] = host.answer(value)
    }
  }

  /// The place that an argument names; nil where its brackets hold no position or name, which
  /// evaluating it will tell.
  private func named(_ pattern: PlacePattern?) -> Place? {
    guard let pattern else { return nil }
    return try? place(pattern)
  }

  /// The place of a pattern, for the running frame.
  func place(_ pattern: PlacePattern) throws -> Place {
    let root: Place.Root
    switch pattern.root {
    case .global(let slot): root = .global(globals, slot)
    case .cell(let index): root = .cell(cells[Int(frames[depth].firstCell) + index])
    case .capture(let index): root = .cell(capture(index) ?? Cell(.unset))
    }
    let start = Place(root: root, path: [], description: pattern.name, span: pattern.span)
    return try pattern.path.reduce(start) { place, step in
      switch step {
      case .field(let name): return place.part(at: .field(name))
      case .index(let template):
        let index = try unobserved { try call(.function(function(template)), []) }
        if case .string(let name) = index { return place.part(at: .field(name.content)) }
        guard let number = index.asNumber(), let position = Int(exactly: number) else {
          throw PlaceFailure(
            error: RuntimeError.other(
              "an index is a whole number or a name, not \(index.kindPhrase)", hint: nil),
            span: pattern.span)
        }
        if position < 0, case .list(let box)? = try? place.read() {
          return place.part(at: .element(position + box.count))
        }
        return place.part(at: .element(position))
      }
    }
  }

  /// Takes the value of a top-level expression: it becomes `ans`, and is shown unless silenced.
  func echo(_ instruction: Instruction) throws {
    let value = try read(instruction.a, operand: 0)
    if case .none = value { return }
    if instruction.flags == 0 { host.echo(value) }
    try Interrupt.check()
    globals["ans"] = host.answer(value)
  }
}
