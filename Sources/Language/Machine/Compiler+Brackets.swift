import Syntax
import Tensors

extension Compiler {
  /// Elements that go through registers at once; longer literals are collected in a list.
  static let chunk = 64

  func compileBracket(
    _ elements: [Expression], into target: Operand, _ span: Span
  ) throws(Diagnostic) {
    if let tensor = Self.constantTensor(elements) {
      return move(builder.constant(.tensor(Box(tensor))), into: target, span)
    }
    try compileLiteral(elements, into: target, span, flags: [])
  }

  func compileLiteral(
    _ elements: [Expression], into target: Operand, _ span: Span, flags: LiteralFlags
  ) throws(Diagnostic) {
    try emitLiteral(try compileLeaves(elements), into: target, span, flags: flags, context: nil)
  }

  /// The values of a literal where the machine finds them: in registers in a row, or in a list.
  struct Leaves {
    let pattern: LiteralPattern
    let count: Int
    let first: Operand
    let spans: [Span]
    let areCollected: Bool
  }

  /// Compiles the values of a literal, those of the brackets in it too, so that all of its numbers
  /// become one type.
  func compileLeaves(_ elements: [Expression]) throws(Diagnostic) -> Leaves {
    var leaves: [Expression] = []
    let pattern = LiteralPattern(elements, &leaves)
    if leaves.count <= Self.chunk {
      let first = try row(leaves)
      return Leaves(
        pattern: pattern, count: leaves.count, first: first, spans: leaves.map(\.span),
        areCollected: false)
    }
    let list = builder.temporary()
    move(builder.constant(.items([])), into: list, leaves[0].span)
    var start = 0
    while start < leaves.count {
      let part = Array(leaves[start..<min(start + Self.chunk, leaves.count)])
      let mark = builder.nextTemporary
      let first = try row(part)
      builder.emit(
        Instruction(.append, a: list.bits, b: UInt32(part.count), c: first.bits), at: part[0].span)
      builder.release(to: mark)
      start += part.count
    }
    return Leaves(pattern: pattern, count: leaves.count, first: list, spans: [], areCollected: true)
  }

  /// Makes a literal of its values.
  ///
  /// - Parameter context: the operand that decides what becomes of it, for the flags that ask.
  func emitLiteral(
    _ leaves: Leaves, into target: Operand, _ span: Span, flags: LiteralFlags, context: Operand?
  ) throws(Diagnostic) {
    var pattern = 0
    if case .brackets = leaves.pattern, !flags.contains(.isList) {
      // Counted from 1: 0 is the pattern of values without brackets.
      pattern = builder.tables.literals.adding(leaves.pattern) + 1
      try checkCount(pattern, "nested literals", span)
    }
    let flags = leaves.areCollected ? flags.union(.collected) : flags
    builder.emit(
      Instruction(
        .bracket, flags: flags.rawValue, extra: pattern, a: target.bits, b: UInt32(leaves.count),
        c: leaves.first.bits), at: Site(span, leaves.spans))
    if let context { builder.emit(Instruction(.extended, b: context.bits), at: span) }
  }

  /// `[…] + […]`: where one of them turns out to be a list, the other one is a list too.
  func compileJoinedLiterals(
    _ left: [Expression], _ right: [Expression], _ leftSpan: Span, _ rightSpan: Span
  ) throws(Diagnostic) -> (Operand, Operand) {
    let leftLeaves = try compileLeaves(left)
    let rightLeaves = try compileLeaves(right)
    let (first, second) = (builder.temporary(), builder.temporary())
    try emitLiteral(leftLeaves, into: first, leftSpan, flags: .keepsValues, context: nil)
    try emitLiteral(rightLeaves, into: second, rightSpan, flags: .isBeside, context: first)
    try emitLiteral(leftLeaves, into: first, leftSpan, flags: .isBeside, context: second)
    return (first, second)
  }

  /// The tensor of a literal that holds nothing but written numbers, however deep.
  private static func constantTensor(_ elements: [Expression]) -> Tensor? {
    guard !elements.isEmpty else { return nil }
    var numbers: [Double] = []
    var dimensions: [Int] = []
    guard collect(elements, depth: 0, &dimensions, &numbers) else { return nil }
    guard let shape = try? Shape(checking: dimensions) else { return nil }
    return try? Tensor(doubles: numbers, shape, elementType: .holding(numbers))
  }

  private static func collect(
    _ elements: [Expression], depth: Int, _ dimensions: inout [Int], _ numbers: inout [Double]
  ) -> Bool {
    if depth == dimensions.count {
      guard numbers.isEmpty else { return false }
      dimensions.append(elements.count)
    }
    guard dimensions[depth] == elements.count, !elements.isEmpty else { return false }
    for element in elements {
      switch element.kind {
      case .number(let number):
        guard depth == dimensions.count - 1 else { return false }
        numbers.append(number)
      case .unary(.negate, let inner):
        guard depth == dimensions.count - 1, case .number(let number) = inner.kind else {
          return false
        }
        numbers.append(-number)
      case .bracket(let inner):
        guard collect(inner, depth: depth + 1, &dimensions, &numbers) else { return false }
      default: return false
      }
    }
    return true
  }
}

extension LiteralPattern {
  /// The pattern of what stands between a pair of brackets; its values are added to `leaves`.
  fileprivate init(_ elements: [Expression], _ leaves: inout [Expression]) {
    guard !elements.isEmpty, elements.allSatisfy(\.isBracket) else {
      leaves += elements
      self = .values(elements.count)
      return
    }
    var parts: [LiteralPattern] = []
    for case .bracket(let inner) in elements.map(\.kind) {
      parts.append(LiteralPattern(inner, &leaves))
    }
    self = .brackets(parts)
  }
}

extension Expression {
  /// Whether it is written as `[…]`.
  var isBracket: Bool { kind.isBracket }

  /// Whether it is the word `none`.
  var isNone: Bool { if case .none = kind { true } else { false } }
}

extension Expression.Kind {
  /// Whether it is written as `[…]`.
  var isBracket: Bool { if case .bracket = self { true } else { false } }
}
