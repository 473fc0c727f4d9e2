import Syntax
import Tensors

extension Value {
  /// `element in self`: a value in a list, a field's name in a record, a part in a string, a
  /// number in a range or tensor.
  ///
  /// - Throws: where this holds nothing, or cannot hold such an element.
  func contains(_ element: Value) throws -> Bool {
    switch self {
    case .list(let box):
      for (place, value) in box.content.enumerated() {
        if place & 0xFFFF == 0xFFFF { try Interrupt.check() }
        if try Value.areEqual(value, element) { return true }
      }
      return false
    case .record(let box):
      guard case .string(let name) = element else {
        throw notAMember(element, "the fields of a record have names", "write str(x) in r")
      }
      return box.contains(name)
    case .table(let box):
      guard case .string(let name) = element else {
        throw notAMember(element, "the columns of a table have names", "write \"age\" in t")
      }
      return box.content.columns[name.content] != nil
    case .string(let box):
      guard case .string(let part) = element else {
        throw notAMember(element, "a string is made of strings", "write str(x) in s")
      }
      return box.contains(part)
    case .range(let box):
      guard let number = element.memberNumber else { return false }
      return box.content.index(of: number) != nil
    case .tensor, .traced: return try tensorContains(element)
    default:
      throw RuntimeError.other(
        "`in` looks into a list, record, string, range or tensor, not into \(kindPhrase)",
        hint: nil)
    }
  }

  private func tensorContains(_ element: Value) throws -> Bool {
    if case .tensor(let box) = element, box.content.count != 1 {
      throw notAMember(
        element, "a tensor is made of numbers", "several at once: any(x == a), number by number")
    }
    guard let number = element.memberNumber, let tensor = try asTensor() else { return false }
    let matches = try Tensor.apply(.equal, tensor, number)
    return try matches.reduce(.any).item == 1
  }

  /// The number that is looked for; nil for what is none.
  private var memberNumber: Double? {
    switch self {
    case .number, .bool, .tensor, .traced: asNumber()
    default: nil
    }
  }

  private func notAMember(_ element: Value, _ reason: String, _ hint: String) -> RuntimeError {
    .other("\(element.kindPhrase) cannot be in a \(kindName): \(reason)", hint: hint)
  }
}
