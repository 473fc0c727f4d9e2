import Operations
import Tensors

/// One thing that a plan does when it runs.
protocol PlanStep: AnyObject {
  /// The pieces of memory that it reads.
  var reads: [Int] { get }
  /// Those that it fills.
  var writes: [Int] { get }
  /// Those in whose memory its result may lie, if nothing reads them later.
  var replaceable: [Int] { get }
  /// What it does, for `explain plan`.
  var summary: StepSummary { get }
  func run(_ memory: PlanMemory) throws
}

extension PlanStep {
  var replaceable: [Int] { [] }
}

/// A step in words and figures.
package struct StepSummary {
  /// The operations that run as one pass, in their order.
  package let operations: [String]
  /// The shape and element type of what it computes.
  package let shape: Shape
  package let type: ElementType
  /// Multiplications and additions, each counted.
  package let work: Double
  /// The bytes that it reads and writes.
  package let bytes: Double
  /// Whether it is computed as without a plan.
  package let isUnplanned: Bool
}

/// The memory of a running plan.
final class PlanMemory {
  /// Where each piece begins; nil before it is there.
  var addresses: [UnsafeMutableRawPointer?]
  /// The tensors whose memory a piece is; nil where it lies in the arena.
  var tensors: [Tensor?]
  /// Where a piece begins in the arena, in bytes.
  var offsets: [Int]
  let arena: PlanArena
  /// Room for the sums of a reduction.
  var sums: [Double]
  /// The recording that the plan runs for.
  var deferral: Deferral?

  init(pieces: Int, offsets: [Int], arena: PlanArena, sums: Int) {
    addresses = [UnsafeMutableRawPointer?](repeating: nil, count: pieces)
    tensors = [Tensor?](repeating: nil, count: pieces)
    self.offsets = offsets
    self.arena = arena
    self.sums = [Double](repeating: 0, count: sums)
  }

  /// The first element of a value.
  func address(_ layout: Layout) throws -> UnsafeMutableRawPointer {
    guard let address = addresses[layout.base] else { throw PlanError.noMemory }
    // SAFETY: a layout lies within its piece of memory.
    return address + layout.offset * layout.type.size
  }

  /// A value as a tensor.
  func tensor(_ layout: Layout) -> Tensor {
    if let tensor = tensors[layout.base] {
      return tensor.viewed(layout.shape, strides: layout.strides, offset: layout.offset)
    }
    return arena.tensor(
      atByte: offsets[layout.base] + layout.offset * layout.type.size, layout.shape,
      strides: layout.strides, layout.type)
  }

  /// Makes a tensor a piece of memory.
  func provide(_ base: Int, _ tensor: Tensor) {
    tensors[base] = tensor
    addresses[base] = tensor.address
  }
}

/// What a plan cannot go on with: a fault of the planner, after which the loss is computed without.
enum PlanError: Error { case noMemory, shape, types }

/// Elementwise operations as one pass.
final class ElementwiseStep: PlanStep {
  private var program: ElementwiseProgram.Fixed
  private let operands: [(position: Int, layout: Layout)]
  let instructions: [ElementwiseProgram.Instruction]
  let places: [ElementwiseDraft.Place]
  let result: Layout
  let reads: [Int]
  let replaceable: [Int]
  let summary: StepSummary

  init(_ draft: ElementwiseDraft, operands: [ElementwiseDraft.Place], into result: Layout) {
    self.result = result
    instructions = draft.instructions
    places = operands
    var fixed: [ElementwiseProgram.Fixed.Operand] = []
    var placed: [(Int, Layout)] = []
    for (position, place) in operands.enumerated() {
      switch place {
      case .number(let number): fixed.append(.number(number))
      case .layout(let layout):
        fixed.append(.elements(layout.type, strides: layout.strides))
        placed.append((position, layout))
      }
    }
    program = .init(
      ElementwiseProgram(draft.instructions), fixed, shape: result.shape, result.type)
    self.operands = placed
    reads = placed.map(\.1.base)
    replaceable = placed.compactMap { _, layout in
      layout.isWhole && layout.shape == result.shape && layout.type == result.type
        ? layout.base : nil
    }
    summary = StepSummary(
      operations: draft.names, shape: result.shape, type: result.type,
      work: Double(result.shape.count * Swift.max(1, draft.names.count)),
      bytes: placed.reduce(Double(result.shape.count * result.type.size)) {
        $0 + $1.1.bytesRead
      }, isUnplanned: false)
  }

  var writes: [Int] { [result.base] }

  /// What it reads, number for number.
  var layouts: [Layout] { operands.map(\.layout) }

  /// Whether each operand is one number, and none a truth value.
  var isOfNumbers: Bool {
    operands.allSatisfy { $0.layout.shape.rank == 0 && $0.layout.type != .bool }
  }

  func run(_ memory: PlanMemory) throws {
    for (position, layout) in operands { program.set(position, to: try memory.address(layout)) }
    try program.run(into: memory.address(result))
  }
}

/// A product of two matrices.
final class ProductStep: PlanStep {
  private let product: FixedProduct
  private let left: Layout
  private let right: Layout
  private let result: Layout
  let summary: StepSummary

  init(_ product: FixedProduct, _ left: Layout, _ right: Layout, into result: Layout, terms: Int) {
    self.product = product
    self.left = left
    self.right = right
    self.result = result
    summary = StepSummary(
      operations: ["matmul"], shape: result.shape, type: result.type,
      work: 2 * Double(result.shape.count) * Double(terms),
      bytes: Double(result.shape.count * result.type.size) + left.bytesRead + right.bytesRead,
      isUnplanned: false)
  }

  var reads: [Int] { [left.base, right.base] }
  var writes: [Int] { [result.base] }

  func run(_ memory: PlanMemory) throws {
    try product.run(memory.address(left), memory.address(right), into: memory.address(result))
  }
}

/// A sum or a mean over neighbouring axes of what lies in order.
final class ReductionStep: PlanStep {
  private let reduction: Reduction
  private let operand: Layout
  private let result: Layout
  private let extents: (outer: Int, length: Int, inner: Int)
  let summary: StepSummary

  init(
    _ reduction: Reduction, _ operand: Layout, _ extents: (outer: Int, length: Int, inner: Int),
    into result: Layout
  ) {
    self.reduction = reduction
    self.operand = operand
    self.result = result
    self.extents = extents
    summary = StepSummary(
      operations: ["\(reduction)"], shape: result.shape, type: result.type,
      work: Double(operand.shape.count), bytes: operand.bytesRead, isUnplanned: false)
  }

  var reads: [Int] { [operand.base] }
  var writes: [Int] { [result.base] }

  func run(_ memory: PlanMemory) throws {
    let source = AxisOperand(
      pointer: try memory.address(operand), type: operand.type, outer: extents.outer,
      length: extents.length, inner: extents.inner)
    let target = try memory.address(result)
    let count = result.shape.count
    try memory.sums.withUnsafeMutableBufferPointer { sums in
      guard let base = sums.baseAddress, sums.count >= count else { throw PlanError.noMemory }
      base.update(repeating: 0, count: count)
      try Backends.current.reduce(reduction.rawValue, source, means: nil, into: base)
      // SAFETY: the result's memory holds as many numbers of its type.
      if result.type == .f64 {
        target.assumingMemoryBound(to: Double.self).update(from: base, count: count)
      } else {
        let floats = target.assumingMemoryBound(to: Float.self)
        for index in 0..<count { floats[index] = Float(base[index]) }
      }
    }
  }
}

/// The softmax of each row, or its logarithm.
final class SoftmaxStep: PlanStep {
  private let isLogarithm: Bool
  private let operand: Layout
  private let result: Layout
  let summary: StepSummary

  init(logarithm: Bool, _ operand: Layout, into result: Layout) {
    isLogarithm = logarithm
    self.operand = operand
    self.result = result
    summary = StepSummary(
      operations: [logarithm ? "log_softmax" : "softmax"], shape: result.shape, type: result.type,
      work: 3 * Double(operand.shape.count), bytes: 2 * operand.bytesRead, isUnplanned: false)
  }

  var reads: [Int] { [operand.base] }
  var writes: [Int] { [result.base] }

  func run(_ memory: PlanMemory) throws {
    let columns = operand.shape.dimensions.last ?? 1
    try Backends.current.softmax(
      RowOperand(
        memory.address(operand), operand.type,
        rows: columns == 0 ? 0 : operand.shape.count / columns, columns: columns),
      logarithm: isLogarithm, whole: false, into: memory.address(result))
  }
}

/// An operation that runs as it does without a plan.
final class OperationStep: PlanStep {
  private let operation: Operation
  private let operands: [Layout]
  private let base: Int
  let summary: StepSummary

  init(_ operation: Operation, _ operands: [Layout], base: Int, _ node: Deferral.Node) {
    self.operation = operation
    self.operands = operands
    self.base = base
    summary = StepSummary(
      operations: [operation.name], shape: node.shape, type: node.elementType,
      work: Double(node.shape.count), bytes: operands.reduce(0) { $0 + $1.bytesRead },
      isUnplanned: true)
  }

  var reads: [Int] { operands.map(\.base) }
  var writes: [Int] { [] }

  func run(_ memory: PlanMemory) throws {
    memory.arena.willChange()
    let output = try operation.computed(operands.map(memory.tensor))
    let inOrder = try output.contiguous()
    // What looks at the arena must not outlive the values that lie there.
    memory.provide(
      base, memory.isInArena(inOrder) ? try inOrder.copied(as: inOrder.elementType) : inOrder)
  }
}

/// A pullback that must see values.
final class PullbackStep: PlanStep {
  private let node: Int
  private let operands: [Layout]
  private let output: Layout
  private let cotangent: Layout
  private let isNeeded: [Bool]
  /// The piece that each part becomes.
  private let bases: [Int?]
  let summary: StepSummary

  init(
    node: Int, _ operation: String, operands: [Layout], output: Layout, cotangent: Layout,
    isNeeded: [Bool], bases: [Int?]
  ) {
    self.node = node
    self.operands = operands
    self.output = output
    self.cotangent = cotangent
    self.isNeeded = isNeeded
    self.bases = bases
    summary = StepSummary(
      operations: ["the pullback of \(operation)"], shape: cotangent.shape, type: cotangent.type,
      work: Double(cotangent.shape.count),
      bytes: operands.reduce(cotangent.bytesRead) { $0 + $1.bytesRead }, isUnplanned: true)
  }

  var reads: [Int] { operands.map(\.base) + [output.base, cotangent.base] }
  var writes: [Int] { [] }

  func run(_ memory: PlanMemory) throws {
    guard let operation = memory.deferral?.operation(at: node) else { throw PlanError.noMemory }
    memory.arena.willChange()
    let parts = try operation.backward(
      operands.map { Variable(memory.tensor($0)) }, output: Variable(memory.tensor(output)),
      cotangent: Variable(memory.tensor(cotangent)), isNeeded: isNeeded)
    for (index, (base, part)) in zip(bases, parts).enumerated() {
      guard let base else { continue }
      let shape = operands[index].shape
      let type = operands[index].type.arithmetic
      if let part, part.elementType != type { throw PlanError.types }
      let tensor =
        try part?.tensor.cast(to: type).contiguous() ?? Tensor.zeros(shape, type)
      guard tensor.shape == shape else { throw PlanError.shape }
      memory.provide(base, memory.isInArena(tensor) ? try tensor.copied(as: type) : tensor)
    }
  }
}

extension PlanMemory {
  func isInArena(_ tensor: Tensor) -> Bool {
    let start = arena.address
    return tensor.address >= start && tensor.address < start + arena.byteCount
  }
}

extension Layout {
  /// The bytes that reading all of it moves, an element that repeats counted once.
  var bytesRead: Double {
    var count = 1
    for (axis, stride) in strides.enumerated() where stride != 0 { count *= shape.dimensions[axis] }
    return Double(count * type.size)
  }
}
