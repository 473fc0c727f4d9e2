import Networks
import Operations
import Tensors

/// A function of one tensor as a layer, or one of a record of parameters and a tensor. It gives a
/// row for each row; what shape a row has is found by calling it.
package struct FunctionLayer: Layer {
  let function: Function
  let name: String
  /// The call of a person's function that made the layer, as code; nil where none did.
  private let call: String?
  /// What its record of parameters is made of; nil where it has none.
  private let structure: ParameterTree.Structure?
  /// The parameters as they were given, to begin anew with.
  private var start: [LayerParameter]
  let takesTraining: Bool
  let caller: FunctionCaller
  private let shapes = KnownByShape<[Int]>()
  /// Whether rows were seen to be computed apart.
  let rowsApart = KnownByShape<Bool>()
  package var parameterGroups: [[LayerParameter]]

  /// A function of one tensor.
  ///
  /// - Throws: where it takes more.
  package init(_ function: Function, _ interpreter: any Interpreter) throws {
    try self.init(function, nil, call: nil, interpreter)
  }

  /// A function of a record of parameters and a tensor.
  ///
  /// - Throws: where the function does not take these, or the record holds something else than
  ///   numbers and tensors.
  package init(
    _ function: Function, parameters: Value, call: RunningCall?, _ interpreter: any Interpreter
  ) throws {
    try self.init(
      function, try ParameterTree(parameters, named: "parameters"), call: call, interpreter)
  }

  private init(
    _ function: Function, _ tree: ParameterTree?, call: RunningCall?,
    _ interpreter: any Interpreter
  ) throws {
    self.function = function
    let call = function.name == nil ? call : nil
    name = call?.name ?? function.name ?? "(\(function.displayName))"
    self.call = call?.code
    structure = tree?.structure
    caller = FunctionCaller(interpreter)
    start = try (tree?.leaves ?? []).map { leaf in
      guard let tensor = try leaf.value.asTensor() else {
        throw RuntimeError.other("\(leaf.path) is no tensor", hint: nil)
      }
      return LayerParameter(letter: Self.letter(leaf.path), tensor: tensor)
    }
    parameterGroups = start.isEmpty ? [] : [start]
    takesTraining = try function.takesTraining(after: tree == nil ? 1 : 2)
  }

  /// `parameters.inner.w[0]` as the beginning of a parameter's name: `inner_w_0`.
  private static func letter(_ path: String) -> String {
    let inside = path.drop { $0 != "." && $0 != "[" }.dropFirst().filter { !"]\"".contains($0) }
    return String(inside.map { $0.isLetter || $0.isNumber ? $0 : "_" })
  }

  package var description: String { call ?? name }
  package var groupCount: Int { parameterGroups.count }
  package var mixesRows: Bool { true }
  package var differsInTraining: Bool { takesTraining }

  package mutating func reset(generator: inout RandomGenerator) {
    parameterGroups = start.isEmpty ? [] : [start]
  }

  package var givenParameters: [Tensor] {
    get { start.map(\.tensor) }
    set {
      guard newValue.map(\.shape) == start.map(\.tensor.shape) else { return }
      for (index, tensor) in newValue.enumerated() { start[index].tensor = tensor }
    }
  }

  package mutating func takeAsGiven() {
    if call == nil, let group = parameterGroups.first { start = group }
  }

  package func source() throws(NetworkError) -> String {
    if let call { return call }
    guard let code = function.name ?? formulaCode else {
      throw .cannotBeWritten(
        layer: self.name,
        reason: "its function has no name, and is no formula of builtins alone: "
          + "write fn f(x) = … and put f in the network")
    }
    guard let structure else { return code }
    let shapes = start.map { parameter -> Value in
      .items(parameter.tensor.shape.dimensions.map { .number(Double($0)) })
    }
    return "layer(\(structure.value(of: shapes).inline()), \(code))"
  }

  /// The code of a function that needs no name.
  private var formulaCode: String? {
    guard let machine = caller.machine, function.formula(on: machine) != nil else { return nil }
    return function.code.map { "(\($0))" }
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    if let known = shapes[input] { return known }
    // As many rows as no other axis has elements: an axis in their place is noticed.
    let rows = (2...).first { !input.contains($0) } ?? 2
    do {
      let x = try Tensor.full(Shape(checking: [rows] + input), 1)
      let parameters = parameterGroups.joined().map { Variable($0.tensor) }
      let value = try result(Variable(x), parameters, training: nil, silently: true)
      let shape = try value.asTensor()?.shape
      guard let shape, shape.rank > 0, shape[0] == rows else {
        throw NetworkError.layerGives(
          layer: description, position: position, got: input, gives: value.kindPhrase)
      }
      let output = Array(shape.dimensions.dropFirst())
      shapes[input] = output
      return output
    } catch let error as NetworkError {
      throw error
    } catch {
      throw .layerFails(
        layer: description, position: position, got: input, reason: Self.reason(error))
    }
  }

  /// Found by calling it: what it gives of rows, sequences and pictures alike of so many features.
  package func features(after input: Int?) -> Int? {
    guard let input else { return nil }
    let found = [[input], [3, input], [3, 5, input]].map {
      (try? outputShape(for: $0, position: 1))?.last
    }
    return found.allSatisfy { $0 == found[0] } ? found[0] : nil
  }

  private static func reason(_ error: any Error) -> String {
    guard let failure = error as? Failure else { return RuntimeError(error).message }
    let source = failure.diagnostic.source
    let (line, column) = source.position(of: failure.diagnostic.span.start)
    return "\(failure.error.message) (\(source.name):\(line):\(column))"
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let value = try result(x, Array(pass.parameters), training: pass.training, silently: false)
    guard let output = try value.asVariable(), output.rank > 0, x.rank > 0,
      output.shape[0] == x.shape[0]
    else {
      throw NetworkError.layerGives(
        layer: description, position: pass.training?.position ?? 1,
        got: Array(x.shape.dimensions.dropFirst()), gives: value.kindPhrase)
    }
    shapes[Array(x.shape.dimensions.dropFirst())] = Array(output.shape.dimensions.dropFirst())
    return output
  }

  package func birthOfNotFinite(_ x: Variable, _ pass: LayerPass) -> String? {
    let watcher = BirthWatcher(caller)
    let tape = Tape(telling: watcher)
    defer { tape.close() }
    _ = try? result(
      tape.watch(x), pass.parameters.map { tape.watch($0) }, training: pass.training,
      silently: true)
    return watcher.birth.map { "\($0) in \(name)" }
  }

  func result(
    _ x: Variable, _ parameters: [Variable], training: TrainingPass?, silently: Bool,
    generator: RandomGenerator? = nil
  ) throws -> Value {
    var arguments = [Value(x)]
    if let structure { arguments.insert(structure.value(of: parameters.map { Value($0) }), at: 0) }
    if takesTraining { arguments.append(.bool(training != nil)) }
    return try caller.call(
      function, arguments, generator: generator ?? training?.generator(), silently: silently)
  }
}

extension Function {
  /// Whether the function declares a parameter `training` after so many others.
  ///
  /// - Throws: where it cannot be called with just these.
  fileprivate func takesTraining(after count: Int) throws -> Bool {
    let parameters: [(name: String, hasDefault: Bool)]
    switch origin {
    case .user: parameters = self.parameters
    case .builtin(let builtin):
      parameters = builtin.declaration.parameters.map { ($0.name, $0.defaultValue != nil) }
    case .composed: return false
    }
    let takesTraining = parameters.indices.contains(count) && parameters[count].name == "training"
    let given = count + (takesTraining ? 1 : 0)
    let required = parameters.enumerated().filter { $0.offset >= given && !$0.element.hasDefault }
    guard parameters.count >= given, required.isEmpty else {
      let what = name.map { "the function \($0)" } ?? "this function"
      let takes = parameters.isEmpty ? "nothing" : parameters.map(\.name).joined(separator: ", ")
      throw RuntimeError.other(
        count == 1
          ? "\(what) is no layer: a layer takes one tensor, and this takes \(takes)"
          : "\(what) cannot be a layer's: it must take the parameters and a tensor, and takes "
            + takes,
        hint: count == 1
          ? "a layer with parameters of its own is layer({W: …}, (p, x) -> …)"
          : "write it as (p, x) -> …")
    }
    return takesTraining
  }
}

/// Keeps the first operation that gave a number that is not finite, and its line.
private final class BirthWatcher: TapeObserver {
  private let caller: FunctionCaller
  private(set) var birth: String?

  init(_ caller: FunctionCaller) { self.caller = caller }

  func recorded(operation: String, inputs: [Variable], output: Variable, index: Int) {
    guard birth == nil, output.tensor.doubles().contains(where: { !$0.isFinite }) else { return }
    birth = operation
    guard let (source, span) = caller.position else { return }
    let (line, column) = source.position(of: span.start)
    birth = "\(operation) at \(source.name):\(line):\(column)"
  }
}

/// What a layer's function was seen to do, by the shape of an example that it got.
final class KnownByShape<Finding>: @unchecked Sendable {
  // Unchecked: used by the one machine thread.
  private var findings: [[Int]: Finding] = [:]

  subscript(input: [Int]) -> Finding? {
    get { findings[input] }
    set { findings[input] = newValue }
  }
}
