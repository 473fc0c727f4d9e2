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
    let nested: UInt8 = !elements.isEmpty && elements.allSatisfy(\.isBracket) ? 1 : 0
    if elements.count <= Self.chunk {
      let first = try row(elements)
      builder.emit(
        Instruction(
          .bracket, flags: nested, a: target.bits, b: UInt32(elements.count), c: first.bits),
        at: Site(span, elements.map(\.span)))
      return
    }
    let list = builder.temporary()
    move(builder.constant(.items([])), into: list, span)
    var start = 0
    while start < elements.count {
      let part = Array(elements[start..<min(start + Self.chunk, elements.count)])
      let mark = builder.nextTemporary
      let first = try row(part)
      builder.emit(
        Instruction(.append, a: list.bits, b: UInt32(part.count), c: first.bits), at: span)
      builder.release(to: mark)
      start += part.count
    }
    builder.emit(
      Instruction(.bracketOfList, flags: nested, a: target.bits, b: list.bits), at: span)
  }

  /// The right side of `l + […]`: a list where `left` turns out to be one, so that what is appended
  /// to a list keeps its kind and its digits.
  func compileBracket(
    _ elements: [Expression], beside left: Operand, _ span: Span
  ) throws(Diagnostic) -> Operand {
    let target = builder.temporary()
    let first = try row(elements)
    builder.emit(
      Instruction(
        .bracketBeside, flags: elements.allSatisfy(\.isBracket) ? 1 : 0, a: target.bits,
        b: UInt32(elements.count), c: first.bits), at: Site(span, elements.map(\.span)))
    builder.emit(Instruction(.extended, b: left.bits), at: span)
    return target
  }

  /// The tensor of a literal that holds nothing but written numbers, however deep.
  private static func constantTensor(_ elements: [Expression]) -> Tensor? {
    guard !elements.isEmpty else { return nil }
    var numbers: [Double] = []
    var dimensions: [Int] = []
    guard collect(elements, depth: 0, &dimensions, &numbers) else { return nil }
    guard let shape = try? Shape(checking: dimensions) else { return nil }
    return try? Tensor(doubles: numbers, shape, elementType: .f32)
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

extension Expression {
  /// Whether it is written as `[…]`.
  var isBracket: Bool { if case .bracket = kind { true } else { false } }
}
