import Syntax

/// A function that runs, or ran when an error arose, with what its variables hold.
package struct RunningFrame {
  /// What it is called.
  package let function: String
  /// Where it stands still: `demo.nns:3`.
  package let place: String
  /// Its own variables, and those of the functions around it.
  package var variables: [(name: String, value: Value)]
}

extension Machine {
  /// How many functions and evaluations run within each other.
  package var runningDepth: Int { depth }

  /// Whether what runs was written as a function, rather than an expression or a statement.
  package var isInFunction: Bool { code?.isFunction ?? false }

  /// The name of the function that runs; nil where it has none, or none runs.
  package var runningFunctionName: String? { code.flatMap { $0.isFunction ? $0.name : nil } }

  /// The function that runs, at the line that it has reached.
  package var runningFrame: RunningFrame {
    guard let code else { return RunningFrame(function: "the script", place: "", variables: []) }
    let offset = frames[depth].pc - 1 - code.header.pointee.instructions
    return frame(of: code, at: code.site(of: offset).span)
  }

  /// The frame of running code.
  func frame(of code: Code, at span: Span) -> RunningFrame {
    RunningFrame(
      function: code.isFunction ? code.name ?? "an anonymous function" : "the script",
      place: "\(code.source.name):\(code.source.position(of: span.start).line)",
      variables: localVariables(of: code))
  }

  /// The variables of running code that are no global ones.
  func localVariables(of code: Code) -> [(name: String, value: Value)] {
    let frame = frames[depth]
    var found: [(String, Value)] = []
    for (index, name) in code.registerNames.enumerated() {
      found.append((name, frame.base[index]))
    }
    for (index, name) in code.cellNames.enumerated() {
      found.append((name, cells[Int(frame.firstCell) + index].value))
    }
    for (index, name) in code.captureNames.enumerated() {
      if let cell = capture(index) { found.append((name, cell.value)) }
    }
    var seen: Set<String> = []
    // A captured parameter's cell holds it from the first line on: it stands after the register.
    return found.reversed().filter { !$0.1.isUnset && seen.insert($0.0).inserted }.reversed()
      .map { ($0.0, $0.1.withoutTrace) }
  }
}

extension Value {
  /// The number or tensor that is being differentiated, as it may be looked at and kept.
  package var withoutTrace: Value {
    switch self {
    case .traced(let box): Value(box.content.tensor)
    case .network(let box) where box.content.tracedParameters != nil:
      .network(Box(NetworkValue(box.content.network)))
    case .list(let box) where box.content.count <= 1000 && isTraced:
      .items(box.content.map(\.withoutTrace))
    case .record(let box) where box.content.names.count <= 1000 && isTraced:
      .fields(zip(box.content.names, box.content.values).map { ($0, $1.withoutTrace) })
    default: self
    }
  }
}
