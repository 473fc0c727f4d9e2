import CKernels

extension ElementwiseProgram: Hashable {
  package static func == (left: ElementwiseProgram, right: ElementwiseProgram) -> Bool {
    left.instructions == right.instructions
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(instructions) }
}

extension ElementwiseProgram {
  /// The program made ready for operands of fixed layouts, whose addresses are named when it runs:
  /// running it allocates nothing.
  package struct Fixed {
    package enum Operand {
      case number(Double)
      /// Elements with a stride for each axis of the result, 0 where they repeat.
      case elements(ElementType, strides: [Int])
    }

    private var call: ElementwiseCall

    /// Until it runs.
    // SAFETY: never written to; a run names its result first.
    nonisolated(unsafe) private static let nowhere = UnsafeMutableRawPointer.allocate(
      byteCount: 64, alignment: 64)

    /// - Parameters:
    ///   - shape: of the result, to which every operand is broadcast.
    ///   - type: in which it computes, and of the result.
    package init(
      _ program: ElementwiseProgram, _ operands: [Operand], shape: Shape, _ type: ElementType
    ) {
      let contiguous = shape.contiguousStrides
      // Operands that lie as the result does are one long row.
      let isFlat = operands.allSatisfy { operand in
        guard case .elements(_, let strides) = operand else { return true }
        return strides == contiguous || strides.allSatisfy { $0 == 0 }
      }
      let rank = isFlat ? 1 : shape.rank
      var strides = [Int](repeating: 0, count: Swift.max(1, operands.count * rank))
      for (index, operand) in operands.enumerated() {
        guard case .elements(_, let own) = operand else { continue }
        if isFlat {
          strides[index] = own.allSatisfy { $0 == 0 } && shape.count != 1 ? 0 : 1
        } else {
          for axis in 0..<rank { strides[index * rank + axis] = own[axis] }
        }
      }
      call = ElementwiseCall(
        codes: program.codes,
        operands: operands.map { operand in
          switch operand {
          case .number(let number):
            nnsh_operand(data: nil, number: number, type: Int32(nnsh_f64))
          case .elements(let type, _): nnsh_operand(data: nil, number: 0, type: type.code)
          }
        },
        strides: strides, computeType: type, result: Self.nowhere,
        resultType: type, shape: shape, isFlat: isFlat, inPlace: false)
    }

    /// Names the first element of an operand.
    package mutating func set(_ operand: Int, to address: UnsafeRawPointer) {
      call.operands[operand].data = address
    }

    /// Fills memory for as many elements as the shape has, which may be an operand's that lies as
    /// the result does. What is there means nothing where it was interrupted.
    package mutating func run(into result: UnsafeMutableRawPointer) throws(TensorError) {
      call.result = result
      try Backends.current.run(call)
    }
  }
}
