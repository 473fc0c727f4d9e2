import Operations
import Syntax

extension Machine {
  /// The observer, while the running code was compiled for one.
  var observerOfCode: (any MachineObserver)? {
    guard let observer, code?.isObserved == true else { return nil }
    return observer
  }

  /// The function as the running code calls it: where that is observed and the observer follows
  /// calls, compiled to be observed itself.
  func observed(_ function: Function) throws -> Function {
    guard let observer = observerOfCode, observer.followsCalls else { return function }
    return try observedTwin(of: function)
  }

  func observedTwin(of function: Function) throws -> Function {
    guard case .user(let code) = function.origin, !code.isObserved else { return function }
    let twin: ObservedCode
    if let known = code.observed {
      twin = known
    } else {
      twin = try ObservedCode(of: code, globals: globals)
      code.observed = twin
    }
    return Function(twin.code, captures: twin.captures.map { function.captures[$0] })
  }

  /// Runs what the observer is told nothing of: the loss of a gradient, a command.
  func unobserved<Result>(_ body: () throws -> Result) rethrows -> Result {
    guard let observer else { return try body() }
    self.observer = nil
    defer { self.observer = observer }
    return try body()
  }

  /// Runs what is typed while something observed stands still: nobody is told of it.
  package func aside<Result>(_ body: () throws -> Result) rethrows -> Result {
    let standing = standingObserver
    standingObserver = nil
    defer { standingObserver = standing }
    return try unobserved(body)
  }

  /// Tells the observer what an instruction says.
  func observe(_ instruction: Instruction) throws {
    guard let observer, let code else { return }
    let index = Int(instruction.b)
    switch ObservedEvent(rawValue: instruction.flags) {
    case .begin:
      try observer.willEvaluate(code.tables.observedExpressions[index], depth: depth)
    case .end:
      let expression = code.tables.observedExpressions[index]
      let value = slot(bases, instruction.a).pointee
      if value.isUnset { return }
      let seen = try observer.didEvaluate(expression, depth: depth, as: value)
      slot(bases, instruction.a).pointee = seen
    case .entry: try observer.didEnter(parameters: parameters(of: code), depth: depth)
    case .assignment:
      try observer.didAssign(
        slot(bases, instruction.a).pointee, to: code.tables.names[index].content,
        part: (Int(instruction.extra), Int(instruction.c)), depth: depth)
    case .turn: try observeTurn(instruction, code.tables.observedLoops[index], observer)
    case nil: break
    }
  }

  private func observeTurn(
    _ instruction: Instruction, _ loop: ObservedLoop, _ observer: any MachineObserver
  ) throws {
    guard !loop.names.isEmpty else {
      return try observer.willTakeTurn(
        of: loop, position: 0, elements: [], of: nil, depth: depth)
    }
    let state = slot(bases, instruction.c)
    let first = slot(bases, instruction.a)
    var sequence: Value? = state[0]
    if case .none? = sequence { sequence = nil }
    try observer.willTakeTurn(
      of: loop, position: (state[1].asNumber().flatMap { Int(exactly: $0) } ?? 1) - 1,
      elements: loop.names.indices.map { first[$0] }, of: sequence, depth: depth)
  }

  /// What the parameters of the running function hold, in their registers or cells.
  func parameters(of code: Code) -> [(name: String, value: Value)] {
    code.parameters.enumerated().map { index, parameter in
      guard let cell = code.cellNames.firstIndex(of: parameter.name) else {
        return (parameter.name, bases[0][index])
      }
      return (parameter.name, cells[Int(frames[depth].firstCell) + cell].value)
    }
  }
}

extension Thunk {
  /// Its value now, with the observer told of every part.
  package func evaluate(observedBy observer: any MachineObserver) throws -> Value {
    try machine.evaluate(function, observedBy: observer)
  }

  /// The same with a variable on a tape.
  ///
  /// - Parameter point: what the variable is taken for; it becomes what it was however it ends.
  package func evaluate(
    observedBy observer: any MachineObserver, at place: Place, _ point: Variable
  ) throws -> Value {
    let saved = place.rootValue
    defer { place.rootValue = saved }
    try place.write(.traced(Box(point)))
    return try DifferentiatedText.running.withValue(DifferentiatedText()) {
      try machine.evaluate(function, observedBy: observer)
    }
  }
}

extension Machine {
  fileprivate func evaluate(
    _ function: Function, observedBy observer: any MachineObserver
  ) throws -> Value {
    let outer = self.observer
    self.observer = observer
    defer { self.observer = outer }
    let function = try observedTwin(of: function)
    guard let header = function.header else { return .none }
    return try withExtendedLifetime(function) {
      try execute(header, function: function, arguments: [])
    }
  }
}
