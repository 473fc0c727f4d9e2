import Tensors

/// A program that grows while elementwise neighbours are put together.
struct ElementwiseDraft {
  /// An operand that is no part of the program.
  enum Source: Hashable {
    case node(Int)
    /// An operand of a recorded node that is no node, by node and position.
    case constant(node: Int, position: Int)
    /// A tensor that is the same in every run, by node and position.
    case fixed(node: Int, position: Int)
    case number(Double)
  }

  /// An operand once it is known where it lies.
  enum Place {
    case number(Double)
    case layout(Layout)
  }

  private(set) var instructions: [ElementwiseProgram.Instruction] = []
  private(set) var sources: [Source] = []
  /// The operations, in the order in which they run.
  private(set) var names: [String] = []

  /// One operation, with the drafts of those operands that become a part of it; nil where that
  /// would be too large.
  ///
  /// - Parameter inlined: the draft of an operand, by its position.
  init?(
    _ program: ElementwiseProgram, named name: String, _ operands: [Source],
    inlining inlined: [Int: ElementwiseDraft]
  ) {
    for instruction in program.instructions {
      switch instruction {
      case .load(let position):
        guard operands.indices.contains(position) else { return nil }
        if let draft = inlined[position] {
          for part in draft.instructions {
            if case .load(let source) = part {
              load(draft.sources[source])
            } else {
              instructions.append(part)
            }
          }
          names += draft.names
        } else {
          load(operands[position])
        }
      case .unary(.log):
        // As one program it would be the logarithm of a sigmoid, which rounds otherwise.
        if instructions.last == .unary(.sigmoid) { return nil }
        instructions.append(instruction)
      default: instructions.append(instruction)
      }
    }
    names.append(name)
    guard sources.count <= ElementwiseProgram.limit, depth <= ElementwiseProgram.mostDepth else {
      return nil
    }
  }

  private mutating func load(_ source: Source) {
    let position = sources.firstIndex(of: source) ?? sources.count
    if position == sources.count { sources.append(source) }
    instructions.append(.load(position))
  }

  /// How many values are waiting at most.
  private var depth: Int {
    var (depth, most) = (0, 0)
    for instruction in instructions {
      switch instruction {
      case .load: depth += 1
      case .unary: break
      case .binary: depth -= 1
      case .select: depth -= 2
      }
      most = Swift.max(most, depth)
    }
    return most
  }
}
