import Networks
import Syntax
import Tensors

extension Machine {
  /// A call that is not the plain one of the dispatch loop: of a function with defaults, named
  /// arguments or captured variables, of a builtin, a composition or a network.
  ///
  /// Gives where to go on: in the called function, or at `next` when the value is there already.
  func call(
    _ instruction: Instruction, names: UInt32?, _ next: UnsafePointer<Instruction>
  ) throws -> UnsafePointer<Instruction> {
    if Interrupt.needsAttention, Interrupt.mustStop { try attend() }
    if names.map({ standInOrder($0, instruction) }) ?? true, let value = try direct(instruction) {
      slot(bases, instruction.a).pointee = value
      return next
    }
    let callee = try completed(read(instruction.b, operand: 0), by: instruction)
    let count = Int(instruction.extra)
    let first = slot(bases, instruction.c)
    let names = names.flatMap { code?.tables.argumentNames[Int($0)] } ?? []
    if case .function(let called) = callee, called.header != nil {
      let function = try observed(called)
      guard let header = function.header else { return next }
      try bind(function, first, count, names)
      let isFull = count == Int(header.pointee.parameterCount)
      try enter(header, function: function, base: first, destination: instruction.a)
      return header.pointee.instructions + (isFull ? Int(header.pointee.fullEntry) : 0)
    }
    let arguments = (0..<count).map { (first + $0).take() }
    do {
      let value = try call(callee, arguments, names: names)
      // Found only now: what ran may have made new globals, and moved their table.
      slot(bases, instruction.a).pointee = value
    } catch let failure as Failure {
      throw failure
    } catch {
      throw OperandFailure(error: error, operands: arguments, first: 1)
    }
    return next
  }

  /// What is called; a network whose first layers take their inputs from data gets them from the
  /// call's argument, and the variable that holds it with it.
  private func completed(_ callee: Value, by instruction: Instruction) throws -> Value {
    guard case .network(let box) = callee, box.content.tracedParameters == nil,
      !box.content.network.isResolved, instruction.extra > 0,
      let x = try slot(bases, instruction.c).pointee.asVariable(),
      // What does not fit is told by the call.
      let network = try? box.content.network.completed(for: x.shape)
    else { return callee }
    let value = Value.network(Box(NetworkValue(network)))
    if !isTemporary(instruction.b) { slot(bases, instruction.b).pointee = value }
    return value
  }

  /// Whether the arguments of a call of a builtin that are named are those of their places; never
  /// where an observer is to be told of the call.
  private func standInOrder(_ names: UInt32, _ instruction: Instruction) -> Bool {
    guard let function = slot(bases, instruction.b).borrowedFunction, let code, !code.isObserved
    else { return false }
    let names = code.tables.argumentNames[Int(names)]
    return function._withUnsafeGuaranteedRef { function in
      let parameters = function.directParameters
      return names.count <= parameters.count
        && zip(names, parameters).allSatisfy { $0 == nil || $0 == $1 }
    }
  }

  /// What a call of a builtin gives without binding its arguments; nil, with nothing done, where
  /// these must be bound.
  private func direct(_ instruction: Instruction) throws -> Value? {
    guard let function = slot(bases, instruction.b).borrowedFunction,
      let direct = function._withUnsafeGuaranteedRef(\.direct)
    else { return nil }
    let first = slot(bases, instruction.c)
    let count = Int(instruction.extra)
    do {
      switch count {
      case 1:
        guard let one = direct.one else { return nil }
        return try lending(first, to: one)
      case 2:
        guard let two = direct.two else { return nil }
        return try lending(first) { x in try lending(first + 1) { y in try two(x, y) } }
      case 3:
        guard let three = direct.three else { return nil }
        return try lending(first) { x in
          try lending(first + 1) { y in try lending(first + 2) { z in try three(x, y, z) } }
        }
      default: return nil
      }
    } catch {
      throw OperandFailure(
        error: error, operands: (0..<count).map { (first + $0).take() }, first: 1)
    }
  }

  /// What a function gives for an argument, which is taken out of its register, so that no reference
  /// to it is counted. It is put back where there is no result.
  @inline(__always)
  private func lending(
    _ register: UnsafeMutablePointer<Value>, to function: (Value) throws -> Value?
  ) rethrows -> Value? {
    let argument = register.take()
    var result: Value?
    defer { if result == nil { register.initialize(to: argument) } }
    result = try function(argument)
    return result
  }

  /// `value |> f`: a call, or a composition of two functions or networks.
  func pipe(
    _ instruction: Instruction, _ next: UnsafePointer<Instruction>
  ) throws -> UnsafePointer<Instruction> {
    let argument = slot(bases, instruction.c)
    guard argument.pointee.isComposable else { return try call(instruction, names: nil, next) }
    let value = argument.take()
    let function = try read(instruction.b, operand: 0)
    do {
      let composed = try Value.composed(value, function, on: self)
      slot(bases, instruction.a).pointee = composed
    } catch {
      throw OperandFailure(error: error, operands: [function, value])
    }
    return next
  }

  /// `value |> f(…)`: a call with the value as its first argument, where `f` lacks one that it
  /// needs; otherwise the value goes to what the call gives.
  func pipe(
    _ instruction: Instruction, names: UInt32, _ next: UnsafePointer<Instruction>
  ) throws -> UnsafePointer<Instruction> {
    let callee = slot(bases, instruction.b).pointee
    let all = code?.tables.argumentNames[Int(names)] ?? []
    let count = Int(instruction.extra)
    let given = Array(all.dropFirst())
    if callee.lacksArgument(count: count - 1, names: given) {
      return try call(instruction, names: names, next)
    }
    if Interrupt.mustStop { try attend() }
    let first = slot(bases, instruction.c)
    let value = first.take()
    let arguments = (1..<count).map { (first + $0).take() }
    do {
      let function: Value
      do {
        function = try call(read(instruction.b, operand: 0), arguments, names: given)
      } catch let failure as Failure {
        throw failure
      } catch  where !value.isComposable && !RuntimeError(error).isInterruption {
        throw WholeCall(failure: error)
      }
      guard value.isComposable || function.isCallable else {
        throw WholeCall(gives: function.kindName)
      }
      let result =
        value.isComposable
        ? try Value.composed(value, function, on: self)
        : try call(function, [value])
      slot(bases, instruction.a).pointee = result
    } catch let failure as Failure {
      throw failure
    } catch {
      throw OperandFailure(error: error, operands: [value] + arguments, first: 1)
    }
    return next
  }

  /// The value that the running function leaves with.
  func leaving(_ instruction: Instruction) throws -> Value {
    if instruction.a >> 30 == Operand.Base.frame.rawValue {
      let place = slot(bases, instruction.a)
      if place.pointee.isUnset {
        throw UnsetVariable(name: variableName(instruction.a), operand: 0)
      }
      return place.take()
    }
    return try read(instruction.a, operand: 0)
  }

  // MARK: Calls from native code

  /// Calls a function, network or composition.
  ///
  /// - Parameter names: of the arguments that are given by name; empty where none is.
  package func call(_ callee: Value, _ arguments: [Value], names: [String?]) throws -> Value {
    switch callee {
    case .function(let function):
      switch function.origin {
      case .builtin(let builtin):
        let value = try builtin.invoke(arguments, names: names, interpreter: self)
        guard let observer = observerOfCode else { return value }
        return try observer.didCall(builtin, arguments, names: names, giving: value)
      case .user:
        let function = try observed(function)
        guard let header = function.header else { break }
        let bound = try bound(function, arguments, names)
        return try withExtendedLifetime(function) {
          try execute(header, function: function, arguments: bound)
        }
      case .composed(let steps): return try call(composed: steps, arguments, names)
      }
    case .network(let box):
      return try call(network: box, arguments, names)
    case .schedule(let box): return try rate(of: box.content, arguments, names)
    default: break
    }
    throw RuntimeError.notCallable(kind: callee.kindName)
  }

  private func call(
    composed steps: [Value], _ arguments: [Value], _ names: [String?]
  ) throws -> Value {
    guard let first = steps.first else { return .none }
    var value = try call(first, arguments, names: names)
    for step in steps.dropFirst() { value = try call(step, [value]) }
    return value
  }

  /// `net(x)`, and `net(x, training=true)`.
  private func call(
    network: Box<NetworkValue>, _ arguments: [Value], _ names: [String?]
  ) throws -> Value {
    var input: Value?
    var isTraining: Bool?
    for (index, argument) in arguments.enumerated() {
      switch index < names.count ? names[index] : nil {
      case nil where input == nil, "x" where input == nil: input = argument
      case "training":
        guard case .bool(let answer) = argument else {
          throw RuntimeError.argumentKind(
            function: "a network", parameter: "training", expected: "true or false",
            got: argument.kindPhrase, usage: Self.networkUsage)
        }
        isTraining = answer
      case .some(let name):
        throw RuntimeError.unknownArgument(
          function: "a network", name: name, known: ["x", "training"], usage: Self.networkUsage)
      case nil:
        throw RuntimeError.tooManyArguments(
          function: "a network", accepts: 1, got: arguments.count, usage: Self.networkUsage)
      }
    }
    guard let input else {
      throw RuntimeError.missingArgument(
        function: "a network", parameter: "x", usage: Self.networkUsage)
    }
    if network.content.tracedParameters != nil, !network.content.network.isResolved {
      uncompleted = (network.content.network.seed, try input.asVariable()?.shape ?? .scalar)
    }
    if isTraining == true {
      return try Value.output(
        of: network.content, for: input, trainingWithSeed: random.generator.next())
    }
    if isTraining == nil { noteTraining(network.content, input) }
    if let output = try observerOfCode?.output(of: network, for: input) { return output }
    return try Value.output(of: network.content, for: input, trainingWithSeed: nil)
  }

  /// `cosine(0.1, epochs=50)(12)`: the rate of an epoch.
  private func rate(
    of schedule: Schedule, _ arguments: [Value], _ names: [String?]
  ) throws -> Value {
    let usage = "schedule(epoch), counted from 0"
    if let name = names.compactMap({ $0 }).first(where: { $0 != "epoch" }) {
      throw RuntimeError.unknownArgument(
        function: "a schedule", name: name, known: ["epoch"], usage: usage)
    }
    guard let argument = arguments.first else {
      throw RuntimeError.missingArgument(
        function: "a schedule", parameter: "epoch", usage: usage)
    }
    guard arguments.count == 1 else {
      throw RuntimeError.tooManyArguments(
        function: "a schedule", accepts: 1, got: arguments.count, usage: usage)
    }
    func rate(_ number: Double) throws -> Double {
      guard let epoch = Int(exactly: number), epoch >= 0 else {
        throw RuntimeError.argumentKind(
          function: "a schedule", parameter: "epoch", expected: "a whole number from 0 up",
          got: number.displayed, usage: usage)
      }
      return try schedule.rate(epoch: epoch)
    }
    if case .number(let number) = argument { return .number(try rate(number)) }
    guard let numbers = try argument.asNumbers() else {
      throw RuntimeError.argumentKind(
        function: "a schedule", parameter: "epoch", expected: "a whole number from 0 up",
        got: argument.kindPhrase, usage: usage)
    }
    return .items(try numbers.map { .number(try rate($0)) })
  }

  private static let networkUsage = "net(x), or net(x, training=true)"

  /// Says once a session that a gradient is of the network as it is outside training.
  private func noteTraining(_ network: NetworkValue, _ input: Value) {
    guard !hasNotedTraining, network.network.differsInTraining,
      Value.network(Box(network)).isDifferentiated || input.isDifferentiated
    else { return }
    hasNotedTraining = true
    let layers = network.network.layers.filter(\.differsInTraining).map(\.description)
    host.note(
      "note: this gradient is of the network outside training, where \(layers[0]) does not do "
        + "what it does in training: net(x, training=true) is as in training")
  }

  // MARK: Arguments

  /// Puts the arguments of a user's function, which lie in registers, into the registers of its
  /// parameters, leaving what is not given unset.
  private func bind(
    _ function: Function, _ first: UnsafeMutablePointer<Value>, _ count: Int, _ names: [String?]
  ) throws {
    guard case .user(let code) = function.origin else { return }
    if count == code.parameters.count, names.isEmpty { return }
    let arguments = (0..<count).map { (first + $0).take() }
    let values = try bound(function, arguments, names)
    let end = first + values.count
    guard end <= stackEnd else {
      throw RuntimeError.recursionTooDeep(limit: Self.callDepthLimit)
    }
    if end > initializedEnd {
      initializedEnd.initialize(repeating: .none, count: end - initializedEnd)
      initializedEnd = end
    }
    for (index, value) in values.enumerated() { first[index] = value }
  }

  /// The arguments in the order of the parameters, unset where none is given and a default is.
  private func bound(
    _ function: Function, _ arguments: [Value], _ names: [String?]
  ) throws -> [Value] {
    guard case .user(let code) = function.origin else { return arguments }
    let parameters = code.parameters
    if arguments.count == parameters.count, names.allSatisfy({ $0 == nil }) { return arguments }
    let name = code.name ?? "the function"
    let positional = arguments.indices.filter { $0 >= names.count || names[$0] == nil }.count
    guard positional <= parameters.count else {
      throw RuntimeError.tooManyArguments(
        function: name, accepts: parameters.count, got: arguments.count, usage: code.usage)
    }
    var values = [Value](repeating: .unset, count: parameters.count)
    var position = 0
    for (index, argument) in arguments.enumerated() {
      var place = position
      if index < names.count, let keyword = names[index] {
        guard let named = parameters.firstIndex(where: { $0.name == keyword }) else {
          throw RuntimeError.unknownArgument(
            function: name, name: keyword, known: parameters.map(\.name), usage: nil)
        }
        place = named
      } else {
        position += 1
      }
      guard values[place].isUnset else {
        throw RuntimeError.repeatedArgument(
          function: name, name: parameters[place].name, usage: nil)
      }
      values[place] = argument
    }
    for (parameter, value) in zip(parameters, values) where value.isUnset && !parameter.hasDefault {
      throw RuntimeError.missingArgument(
        function: name, parameter: parameter.name, usage: code.usage)
    }
    return values
  }
}
