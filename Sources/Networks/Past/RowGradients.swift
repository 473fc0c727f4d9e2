import Operations
import Tensors

/// What the rows of a batch's piece add to the gradients of a stage's parameters, as a step of
/// training computed it.
protocol RowGradients {
  /// The first row's place in the batch.
  var first: Int { get }
  var rows: Int { get }
  var parameters: [ParameterSlot] { get }
  /// What a row adds to one number of a parameter's gradient.
  func part(ofRow row: Int, of name: String, element: Int) throws -> Double
  /// A row's gradient of all that is trained, times that of an example.
  func agreement(ofRow row: Int, with example: ExampleGradients) throws -> Double
}

/// The gradients that one example gives the parameters at the weights of a step.
struct ExampleGradients {
  /// By the parameters' names.
  var parameters: [String: [Float]] = [:]
  /// What was multiplied to give those of matrices, by the matrices' names: two products agree
  /// without their gradients being written out.
  var products: [String: (inputs: [Float], gradients: [Float])] = [:]
}

/// A matrix's gradient xᵀG, x what came in and G what went back, a row of each a position; and a
/// bias's, the sum of G.
struct ProductRows: RowGradients {
  let weights: ParameterSlot?
  let bias: ParameterSlot?
  /// The first of the columns of G that are the bias's.
  var biasStart = 0
  let inputs: FloatRows
  let gradients: FloatRows
  /// How many rows of `inputs` a row of the batch has.
  let positions: Int
  let first: Int

  var rows: Int { inputs.rows / max(1, positions) }
  var parameters: [ParameterSlot] { [weights, bias].compactMap { $0 } }

  private func places(_ row: Int) -> Range<Int> { row * positions..<(row + 1) * positions }

  func part(ofRow row: Int, of name: String, element: Int) -> Double {
    let outputs = gradients.columns
    let isWeight = weights?.name == name
    let input = isWeight ? element / outputs : 0
    let output = isWeight ? element % outputs : biasStart + element
    return places(row).reduce(0) { sum, place in
      let x = isWeight ? inputs.number(at: place * inputs.columns + input) : 1
      return sum + x * gradients.number(at: place * outputs + output)
    }
  }

  func agreement(ofRow row: Int, with example: ExampleGradients) -> Double {
    let own = weights.flatMap { $0.isFrozen ? nil : example.products[$0.name] }
    let matrix = weights.flatMap { $0.isFrozen ? nil : example.parameters[$0.name] }
    let biases = bias.flatMap { $0.isFrozen ? nil : example.parameters[$0.name] }
    let outputs = gradients.columns
    let others = own.map { $0.gradients.count / max(1, outputs) } ?? 0
    // Either way gives the same; which one is shorter depends on the positions.
    let isShort = others * (inputs.columns + outputs) <= inputs.columns * outputs
    var sum = 0.0
    for place in places(row) {
      let g = gradients.rows(from: place, count: 1)
      let x = inputs.rows(from: place, count: 1)
      if let own, isShort {
        for other in 0..<others {
          let slope = Self.product(g, own.gradients, other * outputs)
          if slope != 0 { sum += slope * Self.product(x, own.inputs, other * inputs.columns) }
        }
      } else if let matrix {
        for input in 0..<inputs.columns {
          let value = x.number(at: input)
          if value != 0 { sum += value * Self.product(g, matrix, input * outputs) }
        }
      }
      if let biases {
        sum += Self.product(g.numbers(from: biasStart, count: biases.count), biases, 0)
      }
    }
    return sum
  }

  /// Of a row of numbers and as many of a list.
  static func product(_ rows: FloatRows, _ numbers: [Float], _ first: Int) -> Double {
    var sum: Float = 0
    numbers.withUnsafeBufferPointer { numbers in
      // SAFETY: both have as many; stages with backward passes of their own are Float32.
      for index in 0..<rows.count { sum += rows.pointer[index] * numbers[first + index] }
    }
    return Double(sum)
  }
}

/// A table's gradient: what goes back at each code, added to the code's row.
struct TableRows: RowGradients {
  let table: ParameterSlot
  /// A row of the batch each.
  let codes: FloatRows
  /// A row for each code.
  let gradients: FloatRows
  let first: Int

  var rows: Int { codes.rows }
  var parameters: [ParameterSlot] { [table] }

  func part(ofRow row: Int, of name: String, element: Int) -> Double {
    let size = gradients.columns
    return places(row).reduce(0) { sum, place in
      Int(codes.number(at: place)) == element / size
        ? sum + gradients.number(at: place * size + element % size) : sum
    }
  }

  func agreement(ofRow row: Int, with example: ExampleGradients) -> Double {
    guard !table.isFrozen, let own = example.parameters[table.name] else { return 0 }
    return places(row).reduce(0) { sum, place in
      let code = Int(codes.number(at: place))
      guard code >= 0 else { return sum }
      let row = gradients.rows(from: place, count: 1)
      return sum + ProductRows.product(row, own, code * gradients.columns)
    }
  }

  private func places(_ row: Int) -> Range<Int> {
    row * codes.columns..<(row + 1) * codes.columns
  }
}

/// A layer that computes each row from that row alone.
struct RowwiseLayer {
  let layer: any Layer
  let parameters: [ParameterSlot]
  /// Of one row, each with an axis of length 1 in front.
  let inputShape: Shape
  let outputShape: Shape
  let seed: UInt64
  let position: Int
}

/// Any layer's gradients, of one row at a time: the layer is applied to it once more.
struct LayerRows: RowGradients {
  let own: RowwiseLayer
  let input: FloatRows
  /// The gradient with respect to what the layer gives.
  let gradients: Tensor
  let step: StepContext

  var first: Int { step.rowOffset }
  var rows: Int { input.rows }
  var parameters: [ParameterSlot] { own.parameters }

  func part(ofRow row: Int, of name: String, element: Int) throws -> Double {
    guard let index = parameters.firstIndex(where: { $0.name == name }) else { return 0 }
    return try gradients(ofRow: row)[index].subscripted([.at(element)]).item ?? 0
  }

  func agreement(ofRow row: Int, with example: ExampleGradients) throws -> Double {
    var sum = 0.0
    for (slot, gradient) in zip(parameters, try gradients(ofRow: row)) where !slot.isFrozen {
      guard let own = example.parameters[slot.name] else { continue }
      for (a, b) in zip(try gradient.guardedDoubles(), own) { sum += a * Double(b) }
    }
    return sum
  }

  /// The gradients of all parameters, each in a row.
  private func gradients(ofRow row: Int) throws -> [Tensor] {
    try Interrupt.check()
    let tape = Tape()
    let values = try parameters.map { tape.watch(try $0.numbers.tensor($0.shape)) }
    let pass = LayerPass(
      parameters: values[...],
      training: TrainingPass(
        seed: own.seed, position: own.position, step: step.step, firstRow: first + row),
      sequences: try step.sequences.row(row, of: rows))
    let x = Variable(try input.rows(from: row, count: 1).tensor(own.inputShape))
    let result = try own.layer.apply(x, pass)
    let seed = try gradients.rows(row..<row + 1).reshaped(own.outputShape.dimensions)
    return try tape.sweep(from: result, seed: Variable(seed), to: values)
      .map { try $0.tensor.reshaped([$0.tensor.count]) }
  }
}
