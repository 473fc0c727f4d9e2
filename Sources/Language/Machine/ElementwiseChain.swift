import Operations
import Syntax
import Tensors

/// An expression of elementwise operations, `γ*v + α*g`, that runs as one pass over its tensors.
///
/// The compiler puts it before the plain instructions of the same expression. Those run where the
/// chain does not apply: for numbers, for what is differentiated, and where shapes do not fit, so
/// that errors name the one operation that fails.
final class ElementwiseChain {
  /// A part of the expression.
  indirect enum Node {
    case leaf(Int)
    case negate(Node)
    /// A builtin that is an elementwise operation.
    case call(ElementwiseOperation, [Node])
    case binary(BinaryOperator, Node, Node)
  }

  let root: Node
  let target: Operand
  /// What the leaves are, each variable once.
  let leaves: [Operand]
  /// The globals that must still hold the builtins that they are named after.
  let builtins: [(slot: Operand, name: String)]
  /// Whether it costs too much to be computed again for each row that it is broadcast to.
  let isCostly: Bool
  /// Whether a logarithm is among its operations.
  let takesLogarithms: Bool
  /// By which leaves are numbers, a bit each; nil where the program would be too large.
  private(set) var plans: [UInt16: Plan?] = [:]

  init(
    root: Node, target: Operand, leaves: [Operand], builtins: [(slot: Operand, name: String)]
  ) {
    self.root = root
    self.target = target
    self.leaves = leaves
    self.builtins = builtins
    isCostly = root.isCostly
    takesLogarithms = builtins.contains { $0.name == UnaryOperation.log.name }
  }

  /// A program, and what its inputs are: tensors, and numbers worked out beforehand in Float64.
  struct Plan {
    enum Input {
      case tensor(Int)
      case number(Node)
    }

    var instructions: [ElementwiseProgram.Instruction] = []
    var inputs: [Input] = []
    var program = ElementwiseProgram([])
  }

  /// The plan where the leaves of `numbers` are numbers.
  func plan(numbers: UInt16) -> Plan? {
    if let known = plans[numbers] { return known }
    var plan = Plan()
    plan.add(root, numbers: numbers)
    plan.program = ElementwiseProgram(plan.instructions)
    let fits = plan.inputs.count <= ElementwiseProgram.limit && plan.stackDepth <= 8
    plans[numbers] = .some(fits ? plan : nil)
    return fits ? plan : nil
  }
}

extension ElementwiseChain.Node {
  /// Whether each element takes long.
  fileprivate var isCostly: Bool {
    switch self {
    case .leaf: false
    case .negate(let inner): inner.isCostly
    case .call(let operation, let operands):
      operation.isCostly || operands.contains(where: \.isCostly)
    case .binary(let operation, let left, let right):
      BinaryOperation(operation)?.isCostly == true || left.isCostly || right.isCostly
    }
  }

  /// Whether all its leaves are numbers.
  fileprivate func isNumber(_ numbers: UInt16) -> Bool {
    switch self {
    case .leaf(let index): numbers & (1 << UInt16(index)) != 0
    case .negate(let inner): inner.isNumber(numbers)
    case .call(_, let operands): operands.allSatisfy { $0.isNumber(numbers) }
    case .binary(_, let left, let right): left.isNumber(numbers) && right.isNumber(numbers)
    }
  }

  /// Its value, where all its leaves are numbers.
  func number(_ leaf: (Int) -> Double) -> Double {
    switch self {
    case .leaf(let index): return leaf(index)
    case .negate(let inner): return -inner.number(leaf)
    case .call(.unary(let operation), let operands): return operation(operands[0].number(leaf))
    case .call(.binary(let operation), let operands):
      return operation(operands[0].number(leaf), operands[1].number(leaf))
    case .binary(let operation, let left, let right):
      guard
        case .number(let number) = Value.number(operation, left.number(leaf), right.number(leaf))
      else { return .nan }
      return number
    }
  }
}

extension ElementwiseChain.Plan {
  fileprivate mutating func add(_ node: ElementwiseChain.Node, numbers: UInt16) {
    if node.isNumber(numbers) {
      instructions.append(.load(inputs.adding(.number(node))))
      return
    }
    switch node {
    case .leaf(let index):
      let known = inputs.firstIndex { if case .tensor(index) = $0 { true } else { false } }
      instructions.append(.load(known ?? inputs.adding(.tensor(index))))
    case .negate(let inner):
      add(inner, numbers: numbers)
      instructions.append(.unary(.negate))
    case .call(let operation, let operands):
      for operand in operands { add(operand, numbers: numbers) }
      switch operation {
      case .unary(let operation): instructions.append(.unary(operation))
      case .binary(let operation): instructions.append(.binary(operation))
      }
    case .binary(let operation, let left, let right):
      add(left, numbers: numbers)
      add(right, numbers: numbers)
      if let operation = BinaryOperation(operation) { instructions.append(.binary(operation)) }
    }
  }

  /// How many values lie on the program's stack at most.
  fileprivate var stackDepth: Int {
    var depth = 0
    var most = 0
    for instruction in instructions {
      switch instruction {
      case .load: depth += 1
      case .binary: depth -= 1
      case .select: depth -= 2
      case .unary: break
      }
      most = max(most, depth)
    }
    return most
  }
}
