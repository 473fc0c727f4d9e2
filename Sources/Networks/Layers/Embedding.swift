import ONNX
import Operations
import Tensors

/// A learned vector for each of `count` codes: whole numbers from 0, in any shape, become vectors
/// along a new last axis. −1, which fills up sequences, becomes zeros.
package struct Embedding: SelfContainedLayer {
  package let count: Int
  package let size: Int
  package var parameterGroups: [[LayerParameter]] = []

  package init(count: Int, size: Int) throws(NetworkError) {
    self.count = count
    self.size = size
    try NetworkError.check([("count", count), ("size", size)], of: description)
  }

  package var description: String { "embedding(\(count), \(size))" }
  package var groupCount: Int { 1 }

  package func features(after input: Int?) -> Int? { size }

  package func drawn(generator: inout RandomGenerator) throws -> [[LayerParameter]] {
    [[try .normal("E", [count, size], deviation: 1, &generator)]]
  }

  package func outputShape(for input: [Int], position: Int) throws(NetworkError) -> [Int] {
    input == [1] ? [size] : input + [size]
  }

  /// The table has a row of zeros at its end, which is where −1 points.
  package func addNodes(to graph: inout GraphBuilder, _ x: String, input: [Int]) throws -> String {
    guard let table = parameterGroups.first?.first?.tensor else {
      throw NetworkError.unresolved(layer: description, position: 1)
    }
    let zeros = try Tensor.zeros(Shape(checking: [1, size]), table.elementType)
    let padded = try graph.constant(Tensor.concatenate([table, zeros], axis: 0), "E")
    let codes = graph.node("Cast", [x], ["to": .integer(ONNXValue.ElementKind.int64.rawValue)])
    let places = input == [1] ? graph.reshape(codes, [-1]) : codes
    graph.filledSteps =
      input == [1] || input.count > 1
      ? nil : graph.node("Less", [codes, graph.integers([0], isScalar: true)])
    return graph.node("Gather", [padded, places], ["axis": .integer(0)])
  }

  package func apply(_ x: Variable, _ pass: LayerPass) throws -> Variable {
    let table = try parameters(of: pass, count: 1)[0]
    let codes = try x.tensor.guardedDoubles()
    for (index, code) in codes.enumerated() where !isCode(code) {
      throw codeOutside(code, row: index / max(1, codes.count / max(1, x.shape[0])))
    }
    let dimensions = x.shape.dimensions
    let places =
      dimensions.count == 2 && dimensions[1] == 1
      ? try x.tensor.reshaped([dimensions[0]]) : x.tensor
    let hasGaps = codes.contains(-1)
    let known = hasGaps ? try Tensor.apply(.greaterOrEqual, places, 0) : nil
    pass.sequences.note(places.rank == 2 ? known : nil)
    guard let known else { return try .subscripted(table, [.gather(places)]) }
    let vectors = try Variable.subscripted(
      table, [.gather(Tensor.apply(.maximum, places, 0))])
    return try .where(known.reshaped(known.shape.dimensions + [1]), vectors, Variable(0))
  }

  /// Whether it is one of the codes, or −1.
  func isCode(_ number: Double) -> Bool {
    number >= -1 && number < Double(count) && number == number.rounded()
  }

  /// Throws where data has a code that is none, naming its row.
  ///
  /// - Parameter part: what the data is called, where it is not the one at hand.
  func check(_ data: Tensor, of part: String? = nil) throws {
    let rows = data.shape.dimensions.first ?? 0
    let width = max(1, data.count / max(1, rows))
    // Of data in a file no more than a piece is read at once.
    let length = max(1, (1 << 20) / width)
    for first in stride(from: 0, to: rows, by: length) {
      try Interrupt.check()
      let piece = try data.rows(first..<min(rows, first + length))
      let bad = try piece.withFloats { codes in
        codes.firstIndex { !isCode(Double($0)) }.map { (index: $0, code: Double(codes[$0])) }
      }
      guard let bad else { continue }
      throw NetworkError.codeOutside(
        layer: description, code: bad.code, row: first + bad.index / width, count: count, part: part
      )
    }
  }

  func codeOutside(_ code: Double, row: Int) -> NetworkError {
    .codeOutside(layer: description, code: code, row: row, count: count)
  }

  package func addStages(input: [Int], to builder: StageBuilder) throws -> Bool {
    builder.append(
      try EmbeddingStage(
        builder, self, codes: input.reduce(1, *),
        // As many codes as there are steps; a single one an example is no sequence.
        hasSteps: input.count == 1 && input != [1]))
    return true
  }
}

/// Backward, each code's gradient is added to that of its row of the table, in the order of the codes.
final class EmbeddingStage: Stage {
  private let layer: Embedding
  private let table: ParameterSlot
  private let codes: Int
  private let hasSteps: Bool
  private let retained: Float
  /// Whether its codes are the data's own, all of which are looked at before a training.
  private let areKnown: Bool

  init(
    _ builder: StageBuilder, _ layer: Embedding, codes: Int, hasSteps: Bool
  ) throws(TensorError) {
    (self.layer, self.codes, self.hasSteps) = (layer, codes, hasSteps)
    areKnown = builder.takesDataAsItIs
    table = builder.nextParameter()
    retained = Float(builder.retained)
    super.init(builder, output: try builder.buffer(width: codes * layer.size))
  }

  override var keepsOutput: Bool { false }
  /// A code that there is not ends the training, where the step's earlier pieces may have changed
  /// the rule's state.
  override var mayStop: Bool { retained != 0 && !areKnown }

  override func forward(_ input: FloatRows, _ step: StepContext) throws -> FloatRows {
    self.input = input
    var hasGaps = false
    for index in 0..<input.count {
      let code = input.pointer[index]
      if !layer.isCode(Double(code)) {
        throw layer.codeOutside(Double(code), row: step.rowOffset + index / max(1, codes))
      }
      hasGaps = hasGaps || code < 0
    }
    step.sequences.note(hasGaps && hasSteps ? try known(input) : nil)
    let size = layer.size
    // SAFETY: the codes were looked at, and each has a place of its own; so below.
    nonisolated(unsafe) let (source, from, to) = (input.pointer, table.weights, output.pointer)
    Threads.run(input.count, work: output.count) { index in
      let code = Int(source[index])
      if code < 0 {
        (to + index * size).update(repeating: 0, count: size)
      } else {
        (to + index * size).update(from: from + code * size, count: size)
      }
    }
    return output
  }

  /// Which steps have a code.
  private func known(_ input: FloatRows) throws -> Tensor {
    try Tensor(
      doubles: (0..<input.count).map { input.pointer[$0] < 0 ? 0 : 1 },
      Shape(checking: [input.rows, codes]), elementType: .f32)
  }

  override func backward(_ gradient: FloatRows, _ step: StepContext) throws -> FloatRows {
    if table.isFrozen { return gradient }
    let (size, count) = (layer.size, input.count)
    let kept = step.start.kept(ofUpdate: retained)
    if kept == 0 {
      table.gradient.fill(0)
    } else if kept != 1 {
      table.gradient.multiply(by: Double(kept))
    }
    nonisolated(unsafe) let (source, from, to) = (input.pointer, gradient.pointer, table.update)
    // Each thread has some columns.
    let part = 64
    Threads.run((size + part - 1) / part, work: count * size) { piece in
      let columns = piece * part..<min(size, (piece + 1) * part)
      for index in 0..<count where source[index] >= 0 {
        let (row, sum) = (from + index * size, to + Int(source[index]) * size)
        for column in columns { sum[column] += row[column] }
      }
    }
    return gradient
  }

  override func rowGradients(
    _ gradient: FloatRows, before: Tensor?, _ step: StepContext
  ) -> [any RowGradients] {
    [
      TableRows(
        table: table, codes: input, gradients: gradient.inRows(of: layer.size),
        first: step.rowOffset)
    ]
  }

  override func forwardOperands() -> (operation: String, operands: [StageOperand]) {
    ("rows of \(table.name)", [StageOperand(table.name, table.numbers)])
  }
}
