import Tensors

extension Machine {
  /// Runs an elementwise chain if it applies to what its leaves hold now; false where the plain
  /// instructions after it must.
  func runChain(_ instruction: Instruction) throws -> Bool {
    guard let chain = code?.tables.chains[Int(instruction.extra)],
      let numbers = numberLeaves(of: chain), areBuiltinsSeen(by: chain),
      let plan = chain.plan(numbers: numbers)
    else { return false }
    var inputs: [ElementwiseProgram.Input] = []
    // Where each tensor came from, if it was taken.
    var sources: [UnsafeMutablePointer<Value>?] = []
    for input in plan.inputs {
      switch input {
      case .number(let node):
        inputs.append(.scalar(node.number { number(of: chain.leaves[$0]) }))
        sources.append(nil)
      case .tensor(let leaf):
        let source = slot(bases, chain.leaves[leaf].bits)
        let isOwn = chain.leaves[leaf] == chain.target || isTemporary(chain.leaves[leaf].bits)
        Self.append(source, taking: isOwn, to: &inputs)
        sources.append(isOwn ? source : nil)
      }
    }
    do {
      let result = try plan.program.run(consuming: &inputs)
      slot(bases, chain.target.bits).pointee =
        result.elementType == .bool ? .wrapped(result, isLogical: true) : .tensor(Box(result))
    } catch {
      for (input, source) in zip(inputs, sources) { source?.pointee.restore(input) }
      throw error
    }
    return true
  }

  private static func append(
    _ source: UnsafeMutablePointer<Value>, taking isOwn: Bool,
    to inputs: inout [ElementwiseProgram.Input]
  ) {
    if isOwn {
      if let tensor = source.pointee.takeTensor() { inputs.append(.tensor(tensor)) }
    } else if case .tensor(let box) = source.pointee {
      inputs.append(.tensor(box.content))
    }
  }

  private func number(of leaf: Operand) -> Double {
    if case .number(let number) = slot(bases, leaf.bits).pointee { return number }
    return .nan
  }

  /// Which leaves are numbers, a bit each; nil where the chain does not apply: no tensor among
  /// them, other kinds, mixed element types, or shapes that do not fit each other.
  private func numberLeaves(of chain: ElementwiseChain) -> UInt16? {
    var numbers: UInt16 = 0
    var shape: Shape?
    var type: ElementType?
    for (index, leaf) in chain.leaves.enumerated() {
      switch slot(bases, leaf.bits).pointee {
      case .number: numbers |= 1 << UInt16(index)
      case .tensor(let box):
        let tensor = box.content
        guard tensor.elementType != .bool, type == nil || type == tensor.elementType,
          !chain.takesLogarithms || (try? tensor.hasLostLogarithms()) == false
        else { return nil }
        type = tensor.elementType
        guard let common = shape else {
          shape = tensor.shape
          continue
        }
        if common == tensor.shape { continue }
        guard !chain.isCostly, let both = try? common.broadcast(tensor.shape) else { return nil }
        shape = both
      default: return nil
      }
    }
    return shape == nil ? nil : numbers
  }

  private func areBuiltinsSeen(by chain: ElementwiseChain) -> Bool {
    chain.builtins.allSatisfy { entry in
      guard case .function(let function) = slot(bases, entry.slot.bits).pointee else {
        return false
      }
      return function.builtin?.declaration.name == entry.name
    }
  }
}
