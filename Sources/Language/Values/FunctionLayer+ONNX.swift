import Networks
import ONNX
import Operations
import Tensors

/// A person's function in ONNX's form: what it records of a few rows is written down, and compared
/// with the function itself on other rows. A function that decides by the numbers, or uses how many
/// rows there are, gives something else for those, and is refused.
extension FunctionLayer {
  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    if let (builtin, numbers) = calledBuiltin, let addNodes = builtin.addNodes {
      return try addNodes(&graph, x, numbers)
    }
    let parameters = parameterGroups.joined().map(\.tensor)
    let trace = try trace(rows: Self.rows(3, input, seed: 1), parameters)
    for (count, seed) in [(5, UInt64(2)), (4, 3)] {
      let rows = try Self.rows(count, input, seed: seed)
      let expected = try output(rows, parameters)
      guard let replayed = try? replay(trace, rows, parameters), Self.agree(replayed, expected)
      else {
        throw refused(
          "what it computes depends on the numbers or the rows by more than operations on tensors")
      }
    }
    return try write(trace, x, to: &graph)
  }

  /// The builtin that it is or calls, and the numbers that it gives it.
  private var calledBuiltin: (builtin: Builtin, numbers: [Double])? {
    if let builtin = function.builtin { return (builtin, []) }
    guard let machine = caller.machine, let formula = function.formula(on: machine) else {
      return nil
    }
    return formula.callOfBuiltin(in: machine.vocabulary)
  }

  private func refused(_ reason: String) -> NetworkError {
    .notInONNX(layer: description, reason: reason)
  }

  // MARK: recording

  static func rows(_ count: Int, _ input: [Int], seed: UInt64) throws -> Tensor {
    var generator = RandomGenerator(seed: seed)
    let shape = try Shape(checking: [count] + input)
    // Both signs, and then positive numbers alone, for functions that take only these.
    return seed == 3
      ? try generator.uniform(shape, low: 0.1, high: 0.9) : try generator.normal(shape)
  }

  func output(
    _ x: Tensor, _ parameters: [Tensor], generator: RandomGenerator? = nil
  ) throws -> Tensor {
    let value = try result(
      Variable(x), parameters.map { Variable($0) }, training: nil, silently: true,
      generator: generator)
    guard let tensor = try value.asTensor() else { throw refused("it gives no tensor") }
    return tensor
  }

  /// The steps from the rows, which are the first, and the parameters, the next, to the result.
  private func trace(rows x: Tensor, _ parameters: [Tensor]) throws -> Recording {
    let tape = Tape(keepingAll: true)
    defer { tape.close() }
    let watched = tape.watch(x)
    let own = parameters.map { tape.watch($0) }
    let value = try result(watched, own, training: nil, silently: true)
    guard let variable = try value.asVariable() else { throw refused("it gives no tensor") }
    let recording = tape.recording(of: variable)
    guard recording.result != nil else {
      throw refused("its result does not depend on what it is given by operations on tensors")
    }
    return recording
  }

  private func replay(
    _ recording: Recording, _ x: Tensor, _ parameters: [Tensor]
  ) throws -> Tensor? {
    var values: [Variable] = ([x] + parameters).map { Variable($0) }
    let rows = recording.steps[0].output.shape[0]
    for step in recording.steps.dropFirst(values.count) {
      let inputs = zip(step.inputs, step.parents).map { $1 < 0 ? Variable($0) : values[$1] }
      if case .reshape(let shape)? = step.primitive, let sizes = Self.sizes(shape, rows: rows) {
        let shape = try Shape(checking: [inputs[0].shape[0]] + sizes)
        values.append(try .reshape(inputs[0], to: shape))
      } else {
        values.append(try step.applied(to: inputs))
      }
    }
    return recording.result.map { values[$0].tensor }
  }

  /// The sizes of each row of a shape; nil where its first axis is not the rows.
  private static func sizes(_ shape: Shape, rows: Int) -> [Int]? {
    shape.dimensions.first == rows ? Array(shape.dimensions.dropFirst()) : nil
  }

  static func agree(_ a: Tensor?, _ b: Tensor) -> Bool {
    guard let a, a.shape == b.shape else { return false }
    return zip(a.doubles(), b.doubles()).allSatisfy { x, y in
      x == y || x.isNaN && y.isNaN || abs(x - y) <= 1e-5 * (1 + abs(y))
    }
  }

  // MARK: writing

  private func write(
    _ recording: Recording, _ x: String, to graph: inout GraphBuilder
  ) throws -> String {
    var values = [x]
    for parameter in parameterGroups.joined() {
      values.append(try graph.constant(parameter.tensor, parameter.letter))
    }
    let rows = recording.steps[0].output.shape[0]
    for step in recording.steps.dropFirst(values.count) {
      let inputs = try zip(step.inputs, step.parents).map {
        $1 < 0 ? try graph.constant($0, "constant") : values[$1]
      }
      guard let output = try nodes(of: step, inputs, rows: rows, &graph) else {
        throw refused("\(step.name) in it has no form there that fits any number of rows")
      }
      values.append(output)
    }
    guard let result = recording.result else { throw refused("it gives no tensor") }
    return values[result]
  }

  private func nodes(
    of step: Recording.Step, _ inputs: [String], rows: Int, _ graph: inout GraphBuilder
  ) throws -> String? {
    if let unary = UnaryOperation.allCases.first(where: { $0.name == step.name }) {
      return try unary.addNodes(to: &graph, inputs[0])
    }
    if let binary = BinaryOperation.allCases.first(where: { $0.name == step.name }) {
      return binary.onnxOperator.map { graph.node($0, inputs) }
    }
    if let limits = step.limits {
      let ends = try [limits.lower, limits.upper].map { limit in
        limit.isFinite ? try graph.constant(limit, "limit") : ""
      }
      return graph.node("Clip", [inputs[0]] + ends)
    }
    let keepsRows = step.inputs[0].rank > 0 && step.inputs[0].shape[0] == rows
    switch step.primitive {
    case .product: return graph.node("MatMul", inputs)
    case .softmax(let logarithm):
      return graph.node(
        logarithm ? "LogSoftmax" : "Softmax", inputs, ["axis": .integer(-1)])
    case .transpose(let axes): return axes.first == 0 ? graph.transpose(inputs[0], axes) : nil
    case .reshape(let shape) where keepsRows:
      return Self.sizes(shape, rows: rows).map { graph.reshape(inputs[0], [0] + $0) }
    case .cast: return inputs[0]
    case .reduce(let reduction, let axes?, let keepsDimensions):
      let places = axes.map { $0 < 0 ? $0 + step.inputs[0].rank : $0 }
      return places.contains(0)
        ? nil : reduced(inputs[0], reduction, places, keepsDimensions, &graph)
    default: return nil
    }
  }

  private func reduced(
    _ x: String, _ reduction: Reduction, _ axes: [Int], _ keepsDimensions: Bool,
    _ graph: inout GraphBuilder
  ) -> String? {
    let keeps = ONNXAttribute.integer(keepsDimensions ? 1 : 0)
    if reduction == .sum {
      return graph.node("ReduceSum", [x, graph.integers(axes)], ["keepdims": keeps])
    }
    let names: [Reduction: String] = [
      .mean: "ReduceMean", .min: "ReduceMin", .max: "ReduceMax", .prod: "ReduceProd",
      .norm: "ReduceL2",
    ]
    return names[reduction].map {
      graph.node($0, [x], ["axes": .integers(axes), "keepdims": keeps])
    }
  }
}
