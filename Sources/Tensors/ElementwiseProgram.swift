import CKernels

/// A chain of elementwise operations, run as one pass over the data without intermediate tensors.
///
/// The instructions are postfix: `load` puts an input on a stack, an operation takes its operands
/// from there and puts its result. Inputs broadcast to one shape. All arithmetic runs in one type:
/// f64 where any tensor with axes is f64, otherwise f32; numbers take that type. Truth values count
/// as 0 and 1.
///
///     // relu(x · 0.9 + b)
///     ElementwiseProgram([.load(0), .load(1), .binary(.multiply), .load(2), .binary(.add),
///       .unary(.relu)]).run([.tensor(x), .scalar(0.9), .tensor(b)])
package struct ElementwiseProgram: Sendable {
  /// One step.
  package enum Instruction: Sendable, Hashable {
    case load(Int)
    case unary(UnaryOperation)
    case binary(BinaryOperation)
    /// Of a mask, a value where it is not 0, and a value where it is.
    case select

    var code: Int32 {
      switch self {
      case .load(let input): Int32(clamping: Int(nnsh_code_load) + max(0, input))
      case .unary(let operation): operation.rawValue
      case .binary(let operation): Int32(nnsh_code_binary) + operation.rawValue
      case .select: Int32(nnsh_code_select)
      }
    }
  }

  /// What a program works on.
  package enum Input: Sendable {
    case tensor(Tensor)
    case scalar(Double)

    var shape: Shape {
      if case .tensor(let tensor) = self { return tensor.shape }
      return .scalar
    }
  }

  /// The most inputs, and the deepest stack, that a program may have.
  package static let limit = Int(nnsh_max_inputs)
  package static let mostDepth = Int(nnsh_max_stack)

  /// The steps in order.
  package let instructions: [Instruction]
  let codes: [Int32]
  /// How many inputs it reads; nil where that must be found out for each run.
  private let inputCount: Int?
  /// Whether its last instruction gives truth values.
  private let endsInTruth: Bool

  /// A program; whether it is well formed shows when it runs.
  package init(_ instructions: [Instruction]) {
    self.instructions = Self.keepingLogarithms(instructions)
    codes = self.instructions.map(\.code)
    (inputCount, endsInTruth) = Self.operation(self.instructions)
  }

  /// Of the programs of one operation, which most are: how many inputs they have, and whether the
  /// result is a truth value.
  private static func operation(_ instructions: [Instruction]) -> (inputs: Int?, isLogical: Bool) {
    if instructions.count == 2, instructions[0] == .load(0),
      case .unary(let operation) = instructions[1]
    {
      return (1, operation.isLogical)
    }
    if instructions.count == 3, instructions[0] == .load(0), instructions[1] == .load(1),
      case .binary(let operation) = instructions[2]
    {
      return (2, operation.isLogical)
    }
    return (nil, false)
  }

  /// With the logarithm of a sigmoid as −log(1 + e⁻ˣ), which is finite where the sigmoid is 0.
  private static func keepingLogarithms(_ instructions: [Instruction]) -> [Instruction] {
    var result: [Instruction] = []
    for instruction in instructions {
      if instruction == .unary(.log), result.last == .unary(.sigmoid) {
        result.removeLast()
        result += [.unary(.negate), .unary(.softplus), .unary(.negate)]
      } else {
        result.append(instruction)
      }
    }
    return result
  }

  private static let unaryPrograms = UnaryOperation.allCases.map {
    ElementwiseProgram([.load(0), .unary($0)])
  }
  private static let binaryPrograms = BinaryOperation.allCases.map {
    ElementwiseProgram([.load(0), .load(1), .binary($0)])
  }

  /// The program of one operation; kept, for small tensors feel its making.
  package static func of(_ operation: UnaryOperation) -> ElementwiseProgram {
    unaryPrograms[Int(operation.rawValue)]
  }

  /// The program of one operation on two inputs.
  package static func of(_ operation: BinaryOperation) -> ElementwiseProgram {
    binaryPrograms[Int(operation.rawValue)]
  }

  /// Runs on inputs that stay as they are. Throws where shapes do not broadcast.
  package func run(_ inputs: [Input]) throws(TensorError) -> Tensor {
    let plan = try Plan(self, inputs)
    let result = try Tensor(uninitialized: plan.shape, plan.resultType)
    try execute(plan, inputs, result)
    return result
  }

  /// Runs on inputs of which any tensor that nobody else refers to may be overwritten, and given
  /// back as the result. The array is empty afterwards; if it throws, the inputs are still there.
  package func run(consuming inputs: inout [Input]) throws(TensorError) -> Tensor {
    let plan = try Plan(self, inputs)
    for index in inputs.indices {
      guard case .tensor(var tensor) = inputs[index], plan.fits(tensor) else { continue }
      // The array's own reference would count as another.
      inputs[index] = .scalar(0)
      let isFree = isKnownUniquelyReferenced(&tensor.storage)
      inputs[index] = .tensor(tensor)
      if !isFree { continue }
      tensor.storage.willChange()
      try execute(plan, inputs, tensor, inPlace: true)
      inputs = []
      tensor.elementType = plan.resultType
      return tensor
    }
    let result = try Tensor(uninitialized: plan.shape, plan.resultType)
    try execute(plan, inputs, result)
    inputs = []
    return result
  }

  /// Runs with `target` as input 0 and its new value; in place where its memory is its own and the
  /// shape and the type stay. On an error the target keeps its value.
  package func run(
    updating target: inout Tensor, with others: [Input]
  ) throws(TensorError) {
    let plan = try Plan(self, [.tensor(target)] + others)
    if plan.fits(target) && isKnownUniquelyReferenced(&target.storage) {
      target.storage.willChange()
      try execute(plan, [.tensor(target)] + others, target, inPlace: true)
      target.elementType = plan.resultType
    } else {
      target = try run([.tensor(target)] + others)
    }
  }

  /// The program made ready for rows of a plan: running it allocates nothing.
  package struct Planned {
    /// An input: rows that are named when it runs, or a number.
    package enum Input {
      case rows
      case number(Double)
    }

    private let codes: [Int32]
    private var operands: [nnsh_operand]
    private let strides: [Int]
    private let shape: Shape

    /// For rows of `count` numbers.
    package init(_ program: ElementwiseProgram, _ inputs: [Input], count: Int) {
      codes = program.codes
      operands = inputs.map { input in
        switch input {
        case .rows: nnsh_operand(data: nil, number: 0, type: Int32(nnsh_f32))
        case .number(let number): nnsh_operand(data: nil, number: number, type: Int32(nnsh_f64))
        }
      }
      strides = inputs.map { if case .rows = $0 { 1 } else { 0 } }
      shape = Shape(unchecked: [count])
    }

    /// Names the rows of an input.
    package mutating func set(_ input: Int, to rows: FloatRows) {
      operands[input].data = UnsafeRawPointer(rows.pointer)
    }

    /// Fills `target`, which may be the rows of an input. Never cut short.
    package func run(into target: FloatRows, on backend: any Backend) {
      // What runs in place is not interrupted, and a program that is well formed cannot fail.
      try? backend.run(
        ElementwiseCall(
          codes: codes, operands: operands, strides: strides, computeType: .f32,
          result: target.pointer, resultType: .f32, shape: shape, isFlat: true, inPlace: true))
    }
  }

  private func execute(
    _ plan: Plan, _ inputs: [Input], _ result: Tensor, inPlace: Bool = false
  ) throws(TensorError) {
    // Operands that lie as the result does are one long row.
    let isFlat = inputs.allSatisfy { plan.isFlat($0) }
    let strides =
      isFlat ? Self.flatStrides(inputs) : try Self.strides(inputs, broadcastTo: plan.shape)
    var operands: [nnsh_operand] = []
    operands.reserveCapacity(inputs.count)
    for input in inputs {
      switch input {
      case .scalar(let number):
        operands.append(nnsh_operand(data: nil, number: number, type: Int32(nnsh_f64)))
      case .tensor(let tensor):
        operands.append(
          nnsh_operand(data: tensor.pointer, number: 0, type: tensor.elementType.code))
      }
    }
    // SAFETY: each operand is a tensor's first element, with strides inside its storage for the
    // plan's shape; the result is contiguous of that shape.
    try Profile.measure(
      "elementwise", work: Double(plan.shape.count) * Double(codes.count - inputs.count)
    ) { () throws(TensorError) in
      try Backends.current.run(
        ElementwiseCall(
          codes: codes, operands: operands, strides: strides, computeType: plan.computeType,
          result: result.pointer, resultType: plan.resultType,
          shape: plan.shape, isFlat: isFlat, inPlace: inPlace))
    }
    withExtendedLifetime((inputs, result)) {}
  }

  private static let ones = [Int](repeating: 1, count: limit)

  private static func flatStrides(_ inputs: [Input]) -> [Int] {
    let hasNumber = inputs.contains {
      if case .tensor(let tensor) = $0 { tensor.rank == 0 } else { false }
    }
    return hasNumber ? inputs.map { $0.shape.rank == 0 ? 0 : 1 } : ones
  }

  private static func strides(
    _ inputs: [Input], broadcastTo shape: Shape
  ) throws(TensorError) -> [Int] {
    var strides = [Int](repeating: 0, count: max(1, inputs.count * shape.rank))
    for (index, input) in inputs.enumerated() {
      guard case .tensor(let tensor) = input else { continue }
      let own = try tensor.strides(broadcastTo: shape)
      for axis in 0..<shape.rank { strides[index * shape.rank + axis] = own[axis] }
    }
    return strides
  }

  /// The shape and types that inputs give a program.
  private struct Plan {
    var shape: Shape = .scalar
    var computeType: ElementType
    var resultType: ElementType

    init(_ program: ElementwiseProgram, _ inputs: [Input]) throws(TensorError) {
      for input in inputs { shape = try shape.broadcast(input.shape) }
      computeType = Self.computeType(inputs)
      guard inputs.count <= ElementwiseProgram.limit,
        let isLogical = program.inputCount == inputs.count
          ? program.endsInTruth : program.resultIsLogical(inputs)
      else { throw .invalidProgram }
      resultType = isLogical ? .bool : computeType
    }

    /// Whether an input is one number, or lies element by element as the result will.
    func isFlat(_ input: Input) -> Bool {
      guard case .tensor(let tensor) = input else { return true }
      return tensor.isContiguous && (tensor.shape == shape || tensor.rank == 0)
    }

    /// Whether the result can lie where a tensor of the inputs does.
    func fits(_ tensor: Tensor) -> Bool {
      tensor.isContiguous && tensor.shape == shape
        && tensor.elementType.size == resultType.size && computeType.size == resultType.size
    }

    private static func computeType(_ inputs: [Input]) -> ElementType {
      var rule = ComputeTypeRule()
      for input in inputs {
        if case .tensor(let tensor) = input { rule.add(rank: tensor.rank, tensor.elementType) }
      }
      return rule.type(working: .working)
    }
  }

  /// Whether the result is a truth value; nil where the program is not well formed.
  private func resultIsLogical(_ inputs: [Input]) -> Bool? {
    var stack: [Bool] = []
    for instruction in instructions {
      switch instruction {
      case .load(let index):
        guard inputs.indices.contains(index) else { return nil }
        if case .tensor(let tensor) = inputs[index] {
          stack.append(tensor.elementType == .bool)
        } else {
          stack.append(false)
        }
      case .unary(let operation):
        guard stack.popLast() != nil else { return nil }
        stack.append(operation.isLogical)
      case .binary(let operation):
        guard stack.popLast() != nil, stack.popLast() != nil else { return nil }
        stack.append(operation.isLogical)
      case .select:
        guard let otherwise = stack.popLast(), let value = stack.popLast(), stack.popLast() != nil
        else { return nil }
        stack.append(value && otherwise)
      }
      if stack.count > Int(nnsh_max_stack) { return nil }
    }
    return stack.count == 1 ? stack[0] : nil
  }
}
