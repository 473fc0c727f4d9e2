import Graph
import Operations
import Syntax
import Tensors

extension Machine {
  /// `grad L wrt W` and `numgrad L wrt W`
  func gradient(_ instruction: Instruction) throws {
    guard let code, code.tables.gradients.indices.contains(Int(instruction.b)) else { return }
    let pattern = code.tables.gradients[Int(instruction.b)]
    let loss = function(pattern.loss)
    let places = try pattern.places.map(place)
    let method: GradientMethod =
      pattern.isNumeric
      ? .differences(tellingIndependence: true)
      : .reverse(tellingCuts: true, plans: pattern.plans)
    let values: [Value]
    if observerOfCode?.followsGradients == true {
      let seen = try observedTwin(of: loss)
      values = try gradients(at: places, .reverse(tellingCuts: true, plans: nil)) {
        try self.call(.function(seen), [])
      }
    } else {
      values = try unobserved {
        try gradients(at: places, method) { try self.call(.function(loss), []) }
      }
    }
    slot(bases, instruction.a).pointee = values.count == 1 ? values[0] : .items(values)
  }

  /// The gradients of a loss, by reverse mode: one value a place, of its shape; a network's is a
  /// record by its parameters' names. Zeros where the loss does not depend on a place.
  package func gradient(of loss: Thunk, at places: [Place]) throws -> [Value] {
    try gradients(at: places, .reverse(tellingCuts: false, plans: nil)) { try loss.evaluate() }
  }

  /// The same by central differences in Float64.
  package func numericalGradient(of loss: Thunk, at places: [Place]) throws -> [Value] {
    try gradients(at: places, .differences(tellingIndependence: false)) { try loss.evaluate() }
  }

  private enum GradientMethod {
    /// By a tape; where a gradient is 0 only because the way to it is cut, an error, if asked for.
    case reverse(tellingCuts: Bool, plans: PlanCache?)
    /// By measuring; where nothing changes since nothing depends on a place, an error, if asked for.
    case differences(tellingIndependence: Bool)
  }

  /// The plan by which the gradients of a loss are computed where they are taken in a loop, and the
  /// recording that it was made of, to run it with. Throws where nothing differentiable leads from
  /// the places to the loss.
  package func plan<Result>(
    of loss: Thunk, at places: [Place], _ body: (Plan, Deferral) throws -> Result
  ) throws -> Result {
    let tape = Tape.deferring()
    defer { tape.close() }
    return try withTargets(places) { targets in
      let (result, watched) = try record(targets, on: tape, tellingCuts: true) {
        try loss.evaluate()
      }
      guard let deferral = tape.deferral, let index = deferral.index(of: result) else {
        throw RuntimeError.other("the loss is a constant: there is nothing to plan", hint: nil)
      }
      let plan = try Plan(
        deferral, loss: index, watched: watched.compactMap { deferral.index(of: $0) })
      return try body(plan, deferral)
    }
  }

  /// What is differentiated at some places. Whatever happens, the variables are what they were
  /// afterwards.
  func withTargets<Result>(
    _ places: [Place], _ body: ([GradientTarget]) throws -> Result
  ) throws -> Result {
    let targets = try places.map { try GradientTarget($0) }
    let saved = places.map(\.rootValue)
    defer { for (place, value) in zip(places, saved).reversed() { place.rootValue = value } }
    return try body(targets)
  }

  private func gradients(
    at places: [Place], _ method: GradientMethod, _ loss: () throws -> Value
  ) throws -> [Value] {
    let generator = random.generator
    // One of two that overlap would hide the other.
    let groups = Place.apart(places)
    if groups.count > 1 {
      var values = [Value](repeating: .none, count: places.count)
      for group in groups {
        random.generator = generator
        let own = try gradients(at: group.map { places[$0] }, method, loss)
        for (position, value) in zip(group, own) { values[position] = value }
      }
      return values
    }
    do { return try gradientsOnce(at: places, method, loss) } catch {
      guard try completeNetwork(at: places) else { throw error }
      random.generator = generator
      return try gradients(at: places, method, loss)
    }
  }

  /// Gives a network at one of the places the parameters that it lacked when the loss called it;
  /// false where none did.
  private func completeNetwork(at places: [Place]) throws -> Bool {
    guard let (seed, shape) = uncompleted else { return false }
    uncompleted = nil
    for place in places {
      guard case .network(let box) = try place.read(), box.content.network.seed == seed,
        !box.content.network.isResolved,
        let network = try? box.content.network.completed(for: shape)
      else { continue }
      let completed = Value.network(Box(NetworkValue(network)))
      try place.write(completed)
      completeRead(completed, seed: seed)
      return true
    }
    return false
  }

  /// The same of what the running expression has read of such a network before it took the
  /// gradient: `net` of `net - 0.1 * grad L() wrt net`.
  private func completeRead(_ completed: Value, seed: UInt64) {
    guard let header = code?.header else { return }
    let temporaries = Int(header.pointee.localCount)..<Int(header.pointee.registerCount)
    for index in temporaries {
      guard case .network(let box) = bases[0][index], box.content.network.seed == seed,
        !box.content.network.isResolved
      else { continue }
      bases[0][index] = completed
    }
  }

  private func gradientsOnce(
    at places: [Place], _ method: GradientMethod, _ loss: () throws -> Value
  ) throws -> [Value] {
    try withTargets(places) { targets in
      let gradients =
        switch method {
        case .differences(let tells): try numerical(targets, tellingIndependence: tells, loss)
        case .reverse(let tellsCuts, let plans):
          try reverse(targets, tellingCuts: tellsCuts, plans, loss)
        }
      var position = 0
      return targets.map { target in
        defer { position += target.points.count }
        return target.value(from: gradients[position..<position + target.points.count])
      }
    }
  }

  func reverse(
    _ targets: [GradientTarget], tellingCuts: Bool, _ plans: PlanCache?, _ loss: () throws -> Value
  ) throws -> [Variable] {
    try reverseWithLoss(targets, tellingCuts: tellingCuts, plans, loss).gradients
  }

  /// The same with the loss itself, of which only who asks for its number computes it early.
  func reverseWithLoss(
    _ targets: [GradientTarget], tellingCuts: Bool, _ plans: PlanCache?, _ loss: () throws -> Value
  ) throws -> (loss: Variable, gradients: [Variable]) {
    let deferring = plans?.tape()
    let tape = deferring ?? Tape()
    defer { tape.close() }
    let (result, watched) = try record(targets, on: tape, tellingCuts: tellingCuts, loss)
    let gradients =
      try (deferring == nil ? nil : plans)?.gradients(tape, of: result, to: watched)
      ?? tape.sweep(from: result, to: watched)
    return (result, gradients)
  }

  /// Evaluates the loss with the targets watched by a tape.
  private func record(
    _ targets: [GradientTarget], on tape: Tape, tellingCuts: Bool, _ loss: () throws -> Value
  ) throws -> (result: Variable, watched: [Variable]) {
    let watched = targets.flatMap(\.points).map { tape.watch($0) }
    try write(watched, to: targets)
    let value = try DifferentiatedText.running.withValue(DifferentiatedText()) { try loss() }
    let result = try Self.lossVariable(value)
    if tellingCuts { try checkReach(tape, from: result, to: targets, watched) }
    return (result, watched)
  }

  /// Throws where a target's gradient would be 0 only because the way to it is cut.
  private func checkReach(
    _ tape: Tape, from result: Variable, to targets: [GradientTarget], _ watched: [Variable]
  ) throws {
    var groups: [[Variable]] = []
    var position = 0
    for target in targets {
      groups.append(Array(watched[position..<position + target.points.count]))
      position += target.points.count
    }
    do {
      try tape.checkReach(from: result, to: groups)
    } catch DifferentiabilityError.notDifferentiable(let name, let reason) {
      throw RuntimeError.notDifferentiable(name, reason: reason)
    } catch DifferentiabilityError.independent {
      throw RuntimeError.independent(of: targets.map(\.place.description))
    }
  }

  /// Throws where the loss is computed from none of the targets. One that cannot be recorded is not
  /// judged.
  private func checkDependence(on targets: [GradientTarget], _ loss: () throws -> Value) throws {
    do {
      _ = try reverse(targets, tellingCuts: true, nil, loss)
    } catch RuntimeError.independent(let names) {
      throw RuntimeError.independent(of: names)
    } catch {
      try Interrupt.check()
    }
  }

  private func numerical(
    _ targets: [GradientTarget], tellingIndependence: Bool, _ loss: () throws -> Value
  ) throws -> [Variable] {
    let points = targets.flatMap(\.points).map(\.tensor)
    var isZero = true
    // A loss that draws random numbers is the same loss each time.
    let generator = random.generator
    let gradients = try points.indices.map { argument in
      let numbers = try ElementType.measuring {
        try Operations.numericalGradient(
          of: { tensors in
            self.random.generator = generator
            try self.write(tensors.map { Variable($0) }, to: targets)
            let result = try Self.lossVariable(try loss())
            return result.tensor.item ?? .nan
          }, at: points, argument: argument)
      }
      isZero = isZero && numbers.allSatisfy { $0 == 0 }
      let tensor = try Tensor(doubles: numbers, points[argument].shape, elementType: .f64)
      return Variable(tensor)
    }
    if tellingIndependence, isZero { try checkDependence(on: targets, loss) }
    return gradients
  }

  private func write(_ variables: [Variable], to targets: [GradientTarget]) throws {
    var position = 0
    for target in targets {
      try target.write(variables[position..<position + target.points.count])
      position += target.points.count
    }
  }

  static func lossVariable(_ value: Value) throws -> Variable {
    switch value {
    case .number, .traced, .tensor:
      guard let variable = try value.asVariable(), variable.count == 1 else {
        throw DifferentiabilityError.notANumber(shape: try value.asTensor()?.shape ?? .scalar)
      }
      return variable
    case .function(let function):
      throw RuntimeError.other(
        "a gradient is taken of a number, and this is a function",
        hint: "call it: write \(function.name ?? "L")()")
    default:
      throw RuntimeError.other(
        "a gradient is taken of a number, and this is \(value.kindPhrase)", hint: nil)
    }
  }
}
