import Operations
import Platform
import Syntax
import Tensors

extension Value {
  /// `left ∘ right` for operands of any kinds.
  ///
  /// Both are taken: memory that nobody else refers to is used for the result. If it throws, they
  /// are as they were.
  package static func binary(
    _ operation: BinaryOperator, _ left: inout Value, _ right: inout Value
  ) throws -> Value {
    if operation == .contains { return .bool(try right.contains(left)) }
    if let a = left.plainNumber, let b = right.plainNumber {
      if operation == .matmul { throw TensorError.matmulNumber }
      return number(operation, a, b)
    }
    if let result = try recorded(operation, left, right) { return result }
    if left.isNumberOrTensor, right.isNumberOrTensor, operation != .equal, operation != .notEqual,
      let elementwise = BinaryOperation(operation)
    {
      return try arithmetic(operation, elementwise, &left, &right)
    }
    switch operation {
    case .equal: return try equality(left, right)
    case .notEqual: return try equality(left, right).negated()
    case .matmul: return try product(left, right)
    default: break
    }
    if operation == .add, let result = try left.appended(right) { return result }
    if let result = try textOrList(operation, left, right) { return result }
    if let result = try treeArithmetic(operation, left, right) { return result }
    if let error = listArithmetic(operation, left, right) { throw error }
    guard let elementwise = BinaryOperation(operation), left.isArithmetic, right.isArithmetic else {
      throw mismatch(operation, left, right)
    }
    if left.isTraced || right.isTraced {
      guard let a = try left.asVariable(), let b = try right.asVariable() else {
        throw mismatch(operation, left, right)
      }
      return try variable(elementwise, a, b)
    }
    return try arithmetic(operation, elementwise, &left, &right)
  }

  /// The same for plain numbers.
  @inline(__always)
  static func number(_ operation: BinaryOperator, _ a: Double, _ b: Double) -> Value {
    switch operation {
    case .add: .number(a + b)
    case .subtract: .number(a - b)
    case .multiply, .matmul: .number(a * b)
    case .divide: .number(a / b)
    case .remainder: .number(BinaryOperation.remainder(a, b))
    case .power: .number(pow(a, b))
    case .equal: .bool(a == b)
    case .notEqual: .bool(a != b)
    case .less: .bool(a < b)
    case .lessOrEqual: .bool(a <= b)
    case .greater: .bool(a > b)
    case .greaterOrEqual: .bool(a >= b)
    case .contains: .bool(false)
    }
  }

  /// What an operator gives for two numbers; nil for other values, and for the matrix product,
  /// which takes none.
  @inline(__always)
  func combined(_ operation: BinaryOperator, with other: Value) -> Value? {
    guard case .number(let a) = self, case .number(let b) = other, operation != .matmul else {
      return nil
    }
    return Self.number(operation, a, b)
  }

  /// A number, or a truth value as 0 or 1.
  private var plainNumber: Double? {
    switch self {
    case .number(let number): number
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  private var isNumberOrTensor: Bool {
    switch self {
    case .number, .tensor: true
    default: false
    }
  }

  /// Whether arithmetic takes it, perhaps as the tensor that its numbers make.
  private var isArithmetic: Bool {
    switch self {
    case .number, .bool, .tensor, .traced, .range: true
    case .list(let box): !box.content.isEmpty && !contains(\.isInarithmetic)
    default: false
    }
  }

  /// Whether no tensor can hold it as a part.
  private var isInarithmetic: Bool {
    switch self {
    case .list(let box): box.content.isEmpty
    default: !isArithmetic
    }
  }

  // MARK: Tensors

  private static let programs: [ElementwiseProgram] = BinaryOperation.allCases.map {
    ElementwiseProgram([.load(0), .load(1), .binary($0)])
  }

  private static func arithmetic(
    _ operation: BinaryOperator, _ elementwise: BinaryOperation, _ left: inout Value,
    _ right: inout Value
  ) throws -> Value {
    if operation == .subtract, left.plainNumber == 1, case .tensor(let box) = right,
      let result = try box.content.complement()
    {
      return .tensor(Box(result))
    }
    if let result = try shortInPlace(elementwise, &left, &right) { return result }
    if let result = try short(elementwise, left, right) { return .tensor(Box(result)) }
    // The array holds the only reference to memory that is nobody else's.
    var inputs: [ElementwiseProgram.Input] = []
    inputs.reserveCapacity(2)
    guard try left.takeInput(into: &inputs), try right.takeInput(into: &inputs) else {
      throw mismatch(operation, left, right)
    }
    do {
      let result = try programs[Int(elementwise.rawValue)].run(consuming: &inputs)
      return Value.wrapped(result, isLogical: elementwise.isLogical)
    } catch {
      if inputs.count == 2 {
        left.restore(inputs[0])
        right.restore(inputs[1])
      }
      throw error
    }
  }

  /// The same where a tensor of few numbers that nobody else refers to can hold the result; nil,
  /// with nothing done, where none can.
  private static func shortInPlace(
    _ operation: BinaryOperation, _ left: inout Value, _ right: inout Value
  ) throws -> Value? {
    if let box = left.takeUnsharedTensor() {
      let isDone =
        switch right {
        case .tensor(let other): try box.content.combineShort(operation, with: other.content)
        case .number(let number): try box.content.combineShort(operation, with: number)
        default: false
        }
      if isDone { return .tensor(box) }
      left = .tensor(box)
    }
    if let box = right.takeUnsharedTensor() {
      let isDone =
        switch left {
        case .tensor(let other): try box.content.combineShort(other.content, operation)
        case .number(let number): try box.content.combineShort(number, operation)
        default: false
        }
      if isDone { return .tensor(box) }
      right = .tensor(box)
    }
    return nil
  }

  /// Takes out a tensor in a box that nobody else refers to, leaving `none`; nil, leaving everything,
  /// where there is none.
  private mutating func takeUnsharedTensor() -> Box<Tensor>? {
    guard case .tensor = self else { return nil }
    var taken = Value.none
    swap(&taken, &self)
    guard case .tensor(var box) = consume taken else { return nil }
    if isKnownUniquelyReferenced(&box) { return box }
    self = .tensor(box)
    return nil
  }

  /// The same for tensors of few numbers; nil for others.
  private static func short(
    _ operation: BinaryOperation, _ left: Value, _ right: Value
  ) throws -> Tensor? {
    switch (left, right) {
    case (.tensor(let a), .tensor(let b)): try Tensor.short(operation, a.content, b.content)
    case (.tensor(let a), .number(let b)): try Tensor.short(operation, a.content, b)
    case (.number(let a), .tensor(let b)): try Tensor.short(operation, a, b.content)
    default: nil
    }
  }

  /// Moves the operand that this is into `inputs`, leaving `none` of a tensor; false, leaving
  /// everything, where it is no operand.
  mutating func takeInput(into inputs: inout [ElementwiseProgram.Input]) throws -> Bool {
    if let number = plainNumber {
      inputs.append(.scalar(number))
    } else if let tensor = takeTensor() {
      inputs.append(.tensor(tensor))
    } else if let tensor = try asTensor() {
      inputs.append(.tensor(tensor))
    } else {
      return false
    }
    return true
  }

  /// Puts back a tensor that `takeInput` took.
  mutating func restore(_ input: ElementwiseProgram.Input) {
    if case .none = self, case .tensor(let tensor) = input { self = .tensor(Box(tensor)) }
  }

  /// Takes a tensor out, leaving `none`. If the box was this value's alone, the tensor's memory is
  /// referred to by the result alone.
  mutating func takeTensor() -> Tensor? {
    guard case .tensor(let box) = self else { return nil }
    self = .none
    return box.content
  }

  /// A result as a value: without axes, a number or a truth value.
  static func wrapped(_ tensor: Tensor, isLogical: Bool) -> Value {
    guard tensor.rank == 0, let item = tensor.item else { return .tensor(Box(tensor)) }
    return isLogical ? .bool(item != 0) : .number(item)
  }

  // MARK: What is differentiated

  /// `left ∘ right` where one is being differentiated and the other is a number or a tensor; nil
  /// otherwise. Before all other cases: a loss of single numbers is made of thousands of these.
  private static func recorded(
    _ operation: BinaryOperator, _ left: Value, _ right: Value
  ) throws -> Value? {
    guard let elementwise = BinaryOperation(operation), !elementwise.isLogical else { return nil }
    switch (left, right) {
    case (.traced(let a), .traced(let b)):
      return Value(try .apply(elementwise, a.content, b.content))
    case (.traced(let a), .number(let b)):
      return Value(try .apply(elementwise, a.content, Variable(b)))
    case (.number(let a), .traced(let b)):
      return Value(try .apply(elementwise, Variable(a), b.content))
    case (.traced(let a), .tensor(let b)):
      return Value(try .apply(elementwise, a.content, Variable(b.content)))
    case (.tensor(let a), .traced(let b)):
      return Value(try .apply(elementwise, Variable(a.content), b.content))
    default: return nil
    }
  }

  /// What this is to a differentiable operation.
  package func asVariable() throws -> Variable? {
    if case .traced(let box) = self { return box.content }
    if case .list(let box) = self, isTraced { return try Value.stackedVariables(box.content) }
    return try asTensor().map { Variable($0) }
  }

  private static func variable(
    _ operation: BinaryOperation, _ a: Variable, _ b: Variable
  ) throws -> Value {
    operation.isLogical ? try comparison(operation, a, b) : Value(try .apply(operation, a, b))
  }

  private static func comparison(
    _ operation: BinaryOperation, _ a: Variable, _ b: Variable
  ) throws -> Value {
    noteComparison(Value(a), Value(b))
    return wrapped(try Variable.compare(operation, a, b).tensor, isLogical: true)
  }

  private static func product(_ left: Value, _ right: Value) throws -> Value {
    guard left.isArithmetic, right.isArithmetic else { throw mismatch(.matmul, left, right) }
    if left.isTraced || right.isTraced {
      guard let a = try left.asVariable(), let b = try right.asVariable() else {
        throw mismatch(.matmul, left, right)
      }
      return Value(try .matmul(a, b))
    }
    guard let a = try left.asTensor(), let b = try right.asTensor() else {
      throw mismatch(.matmul, left, right)
    }
    return Value(try Tensor.matmul(a, b))
  }

  // MARK: Strings and lists

  private static func textOrList(
    _ operation: BinaryOperator, _ left: Value, _ right: Value
  ) throws -> Value? {
    switch (operation, left, right) {
    case (.add, .list, .tensor), (.add, .tensor, .list):
      return .items(try interruptibleJoin(left.listElements(), right.listElements()))
    case (.multiply, .string(let text), .number(let count)),
      (.multiply, .number(let count), .string(let text)):
      return .text(try repeated(text.content, count))
    case (.less, .string(let a), .string(let b)): return .bool(a < b)
    case (.lessOrEqual, .string(let a), .string(let b)): return .bool(a <= b)
    case (.greater, .string(let a), .string(let b)): return .bool(a > b)
    case (.greaterOrEqual, .string(let a), .string(let b)): return .bool(a >= b)
    default: return nil
    }
  }

  /// Two strings or two lists as one, in place where nobody else refers to this one; nil for other
  /// values.
  private mutating func appended(_ more: Value) throws -> Value? {
    if case .string(let text) = more {
      guard case .string(var box) = self else { return nil }
      self = .none
      do {
        if !isKnownUniquelyReferenced(&box) { box = TextBox(box.content) }
        try box.append(text)
      } catch {
        self = .string(box)
        throw error
      }
      return .string(box)
    }
    if case .list(let elements) = more {
      guard case .list(var box) = self else { return nil }
      self = .none
      do {
        if isKnownUniquelyReferenced(&box) {
          try box.append(elements.content)
        } else {
          box = try box.appending(elements.content)
        }
      } catch {
        self = .list(box)
        throw error
      }
      return .list(box)
    }
    return nil
  }

  /// The elements of a list, or of a tensor along its first axis.
  private func listElements() throws -> [Value] {
    if case .list(let box) = self { return box.content }
    return try interruptibleList(count: elementCount ?? 0) { try element($0) }
  }

  private static func repeated(_ text: String, _ count: Double) throws -> String {
    guard let times = Int(exactly: count) else {
      throw RuntimeError.other("a string can be repeated only a whole number of times", hint: nil)
    }
    let (bytes, overflow) = text.utf8.count.multipliedReportingOverflow(by: max(0, times))
    try MemoryGuard.require(overflow ? .max : bytes)
    // In pieces, so that an interruption is heeded in between.
    let piece = max(1, (1 << 22) / max(1, text.utf8.count))
    guard times > 2 * piece else { return String(repeating: text, count: max(0, times)) }
    let several = String(repeating: text, count: piece)
    var result = ""
    result.reserveCapacity(bytes)
    for _ in 0..<times / piece {
      try Interrupt.check()
      result += several
    }
    return result + String(repeating: text, count: times % piece)
  }

  static func mismatch(_ operation: BinaryOperator, _ left: Value, _ right: Value) -> RuntimeError {
    .operands(operation: operation.verb, left: left.kindPhrase, right: right.kindPhrase)
  }
}
