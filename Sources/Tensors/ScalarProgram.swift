import CKernels

/// Operations on single numbers, run one after the other without tensors: some ten nanoseconds each.
///
/// Numbers lie at places, which are addresses named when it runs, and in cells of the program's own.
package struct ScalarProgram {
  /// Where a number lies.
  package enum Cell: Hashable {
    /// At an address that is named when the program runs.
    case place(Int)
    /// Within the program.
    case inner(Int)
  }

  private var instructions: [nnsh_scalar_instruction] = []
  private let placeCount: Int
  private var cells: [Double] = []
  private var addresses: [UnsafeRawPointer?]

  package init(places: Int) {
    placeCount = places
    addresses = [UnsafeRawPointer?](repeating: nil, count: places)
  }

  /// How many operations there are.
  package var count: Int { instructions.count }

  /// A cell for a result that is needed within the program alone.
  package mutating func newCell(holding number: Double = 0) -> Cell {
    cells.append(number)
    return .inner(cells.count - 1)
  }

  /// Adds an operation that computes in a type, which is that of its result.
  ///
  /// - Parameter operation: nil for the operand itself.
  package mutating func add(
    _ operation: ElementwiseProgram.Instruction?, _ operands: [(cell: Cell, type: ElementType)],
    into result: Cell, _ type: ElementType
  ) {
    var step = nnsh_scalar_instruction()
    step.code = operation?.code ?? -1
    step.type = type.code
    step.operands = Int32(operands.count)
    withUnsafeMutableBytes(of: &step.types) { types in
      let types = types.bindMemory(to: Int32.self)
      for (index, operand) in operands.prefix(3).enumerated() { types[index] = operand.type.code }
    }
    withUnsafeMutableBytes(of: &step.from) { from in
      let from = from.bindMemory(to: Int32.self)
      for (index, operand) in operands.prefix(3).enumerated() {
        from[index] = position(operand.cell)
      }
    }
    step.to = position(result)
    instructions.append(step)
  }

  private func position(_ cell: Cell) -> Int32 {
    switch cell {
    case .place(let place): Int32(clamping: place)
    case .inner(let cell): Int32(clamping: placeCount + cell)
    }
  }

  /// Names the address of a place.
  package mutating func set(_ place: Int, to address: UnsafeRawPointer) {
    addresses[place] = address
  }

  /// Runs all operations. Throws where it was interrupted.
  package mutating func run() throws(TensorError) {
    let status = cells.withUnsafeMutableBufferPointer { cells -> Int32 in
      for index in cells.indices where addresses.count <= placeCount + index {
        addresses.append(nil)
      }
      // SAFETY: a cell lies in the array for as long as the call; the places were named.
      if let base = cells.baseAddress {
        for index in cells.indices {
          addresses[placeCount + index] = UnsafeRawPointer(base + index)
        }
      }
      return nnsh_scalars_run(instructions, instructions.count, addresses)
    }
    try checkStatus(status)
  }
}
