import Language
import Operations
import Tensors

/// `einsum`: products of tensors summed over the letters that the result lacks.
struct EinsteinSum {
  private let groups: [[Character]]
  private let result: [Character]
  private let operands: [Variable]
  private let lengths: [Character: Int]

  /// - Parameter letters: as `ij,jk->ik`.
  init(_ letters: String, of operands: [Variable]) throws {
    let text = letters.filter { $0 != " " }
    let sides = Array(text).split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
    let left = sides[0].last == "-" ? sides[0].dropLast() : sides[0]
    groups = left.split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    if sides.count > 1 {
      result = Array(sides[1])
    } else {
      let all = groups.joined()
      result = Set(all).filter { letter in all.count { $0 == letter } == 1 }.sorted()
    }
    self.operands = operands
    guard groups.count == operands.count else {
      throw RuntimeError.other(
        "einsum: \(letters) names \(groups.count) tensors, and \(operands.count) are given",
        hint: nil)
    }
    lengths = try Self.lengths(groups, operands)
    for letter in result where lengths[letter] == nil {
      throw RuntimeError.other("einsum: the result's letter \(letter) is no operand's", hint: nil)
    }
    guard Set(result).count == result.count else {
      throw RuntimeError.other("einsum: a letter stands twice in the result", hint: nil)
    }
  }

  private static func lengths(
    _ groups: [[Character]], _ operands: [Variable]
  ) throws -> [Character: Int] {
    var lengths: [Character: Int] = [:]
    for (group, operand) in zip(groups, operands) {
      guard group.allSatisfy(\.isLetter), group.count == operand.rank else {
        throw RuntimeError.other(
          "einsum: \(String(group)) names \(group.count) axes, and the tensor is \(operand.shape)",
          hint: nil)
      }
      for (letter, length) in zip(group, operand.shape.dimensions) {
        if let known = lengths[letter], known != length {
          throw RuntimeError.other(
            "einsum: the axis \(letter) is \(known) long in one tensor and \(length) in another",
            hint: nil)
        }
        lengths[letter] = length
      }
    }
    return lengths
  }

  func value() throws -> Variable {
    var (letters, product): ([Character], Variable) = ([], try Variable(1))
    for (index, operand) in operands.enumerated() {
      let needed = Set(groups[(index + 1)...].joined()).union(result)
      var (own, x) = try diagonal(groups[index], operand)
      (own, x) = try summed(own, x, keeping: needed.union(letters))
      if index == 0 {
        (letters, product) = try summed(own, x, keeping: needed)
      } else {
        (letters, product) = try multiplied((letters, product), (own, x), keeping: needed)
      }
    }
    let order = result.compactMap { letters.firstIndex(of: $0) }
    return order == Array(0..<order.count) ? product : try .transpose(product, axes: order)
  }

  /// A letter that stands twice in one tensor: only where both positions are equal.
  private func diagonal(
    _ group: [Character], _ x: Variable
  ) throws -> ([Character], Variable) {
    guard let letter = group.first(where: { letter in group.count { $0 == letter } > 1 }),
      let first = group.firstIndex(of: letter), let last = group.lastIndex(of: letter),
      let length = lengths[letter]
    else { return (group, x) }
    let rest = group.indices.filter { $0 != first && $0 != last }
    let front = try Variable.transpose(x, axes: [first, last] + rest)
    let places = try Tensor(doubles: (0..<length).map(Double.init), elementType: .f64)
    let picked = try Variable.subscripted(front, [.gather(places), .gather(places)])
    return try diagonal([letter] + rest.map { group[$0] }, picked)
  }

  private func summed(
    _ letters: [Character], _ x: Variable, keeping needed: Set<Character>
  ) throws -> ([Character], Variable) {
    let axes = letters.indices.filter { !needed.contains(letters[$0]) }
    if axes.isEmpty { return (letters, x) }
    return (letters.filter { needed.contains($0) }, try .sum(x, axes: axes))
  }

  /// As a matrix product, batched over the letters that both have and that are needed later.
  private func multiplied(
    _ a: ([Character], Variable), _ b: ([Character], Variable), keeping needed: Set<Character>
  ) throws -> ([Character], Variable) {
    let batch = a.0.filter { b.0.contains($0) && needed.contains($0) }
    let inner = a.0.filter { b.0.contains($0) && !needed.contains($0) }
    let rows = a.0.filter { !b.0.contains($0) && needed.contains($0) }
    let columns = b.0.filter { !a.0.contains($0) }
    let (_, left) = try summed(a.0, a.1, keeping: Set(batch + inner + rows))
    let kept = a.0.filter { (batch + inner + rows).contains($0) }
    let leftMatrix = try arranged(kept, left, [batch, rows, inner])
    let rightMatrix = try arranged(b.0, b.1, [batch, inner, columns])
    let product = try Variable.matmul(leftMatrix, rightMatrix)
    let letters = batch + rows + columns
    let shape = try Shape(checking: letters.map { lengths[$0] ?? 1 })
    return (letters, try .reshape(product, to: shape))
  }

  /// The axes in the order of three groups, each group as one axis.
  private func arranged(
    _ letters: [Character], _ x: Variable, _ parts: [[Character]]
  ) throws -> Variable {
    let axes = parts.joined().compactMap { letters.firstIndex(of: $0) }
    let sizes = parts.map { $0.reduce(1) { $0 * (lengths[$1] ?? 1) } }
    return try .reshape(.transpose(x, axes: axes), to: Shape(checking: sizes))
  }
}
