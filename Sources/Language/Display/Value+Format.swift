import Platform
import Syntax
import Tensors

extension Value {
  /// The value as `{value:8.4f}` shows it: Python's format language for numbers and strings, and
  /// for each number of a tensor or list; every other value takes a width only.
  ///
  /// - Throws: `RuntimeError` where the format does not suit the value.
  package func formatted(_ specification: FormatSpecification) throws -> String {
    let formatter = try ValueFormatter(specification)
    switch self {
    case .number(let number): return try formatter.text(of: number)
    case .bool(let value) where specification.conversion != nil:
      return try formatter.text(of: value ? 1 : 0)
    case .tensor(let box): return try formatter.text(of: box.content)
    case .traced(let box): return try formatter.text(of: box.content.tensor)
    case .list(let box) where !specification.isWidthOnly && box.content.count <= 10_000:
      return "[" + (try box.content.map { try $0.formatted(specification) }).joined(separator: ", ")
        + "]"
    case .string(let box): return try formatter.text(of: box.content)
    default: break
    }
    guard specification.conversion == nil, specification.precision == nil else {
      throw RuntimeError.other(
        "a number's format does not suit \(kindPhrase)", hint: nil)
    }
    return try formatter.text(of: printed)
  }
}

/// Applies one format specification.
struct ValueFormatter {
  let specification: FormatSpecification

  /// Wider fields and longer fractions than these can only be mistakes.
  private static let widthLimit = 10_000
  private static let precisionLimit = 1_000

  init(_ specification: FormatSpecification) throws {
    if let width = specification.width, width > Self.widthLimit {
      throw RuntimeError.other(
        "the width of a format is at most \(Self.widthLimit), not \(width)", hint: nil)
    }
    if let precision = specification.precision, precision > Self.precisionLimit {
      throw RuntimeError.other(
        "the precision of a format is at most \(Self.precisionLimit), not \(precision)", hint: nil)
    }
    self.specification = specification
  }

  /// A string, left-aligned, cut to the precision.
  func text(of string: String) throws -> String {
    if let conversion = specification.conversion, conversion != "s" {
      throw RuntimeError.other(
        "the format \(conversion) is for numbers, and this is a string", hint: nil)
    }
    let cut = specification.precision.map { String(string.prefix($0)) } ?? string
    return padded(sign: "", body: cut, alignment: specification.alignment ?? "<")
  }

  /// Every element of a tensor, rows in brackets; of a format that is a width alone, the tensor as
  /// it is printed.
  func text(of tensor: Tensor) throws -> String {
    if let item = tensor.item { return try text(of: item) }
    if specification.isWidthOnly { return try text(of: Value.tensor(Box(tensor)).printed) }
    let count = max(tensor.count, tensor.shape.nestedListCount)
    guard count <= Self.elementLimit else {
      throw RuntimeError.other(
        "a format writes every element, and a \(tensor.shape) tensor has "
          + (tensor.count > 0 ? "\(count)" : "\(count) empty rows"),
        hint: "format a part of it, such as x[:10]")
    }
    return try nested(tensor.doubles()[...], tensor.shape.dimensions[...])
  }

  private static let elementLimit = 10_000

  private func nested(_ numbers: ArraySlice<Double>, _ dimensions: ArraySlice<Int>) throws -> String
  {
    guard let count = dimensions.first else { return try numbers.first.map(text(of:)) ?? "" }
    let size = count > 0 ? numbers.count / count : 0
    let parts = try (0..<count).map { part in
      let start = numbers.startIndex + part * size
      return try nested(numbers[start..<start + size], dimensions.dropFirst())
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }

  /// A number, right-aligned.
  func text(of number: Double) throws -> String {
    let (digits, suffix) = try magnitude(of: abs(number))
    let isNegative = number.sign == .minus && !number.isNaN
    let sign = isNegative ? "-" : positiveSign
    var body = digits
    if specification.grouping { body = grouped(body) }
    body += suffix
    if specification.grouping, specification.fill == "0", alignment == "=",
      let width = specification.width
    {
      body = groupedZeros(body, width: width - sign.count)
    }
    return padded(sign: sign, body: body, alignment: alignment)
  }

  private var alignment: Character { specification.alignment ?? ">" }

  private var positiveSign: String {
    switch specification.sign {
    case "+": "+"
    case " ": " "
    default: ""
    }
  }

  /// The digits of a number that is not negative, and what follows them.
  private func magnitude(of number: Double) throws -> (digits: String, suffix: String) {
    let precision = specification.precision
    switch specification.conversion {
    case nil:
      if let precision { return (number.formatted("g", precision: max(1, precision)), "") }
      return (number.displayed, "")
    case "d": return (try integer(number), "")
    case "%": return ((number * 100).formatted("f", precision: precision ?? 6), "%")
    case "f", "e", "g", "F", "E", "G":
      return (number.formatted(specification.conversion ?? "g", precision: precision ?? 6), "")
    case let conversion?:
      throw RuntimeError.other(
        "\(conversion) is no format of a number: use one of f e g d %", hint: nil)
    }
  }

  private func integer(_ number: Double) throws -> String {
    guard specification.precision == nil else {
      throw RuntimeError.other("the format d takes no precision", hint: "use .0f")
    }
    guard number.isFinite, number.rounded() == number else {
      throw RuntimeError.other(
        "the format d is for whole numbers, and this is \(number.displayed)",
        hint: "use .0f to round")
    }
    return number.formatted("f", precision: 0)
  }

  /// Commas between the thousands of the part before the point.
  private func grouped(_ digits: String) -> String {
    let whole = digits.prefix { $0.isNumber }
    var result = ""
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index) % 3 == 0 { result.append(",") }
      result.append(digit)
    }
    return result + digits.dropFirst(whole.count)
  }

  /// Leading zeros, themselves grouped, until the width is reached.
  private func groupedZeros(_ body: String, width: Int) -> String {
    guard body.count < width, body.first?.isNumber == true else { return body }
    let whole = body.prefix { $0.isNumber || $0 == "," }
    let rest = String(body.dropFirst(whole.count))
    var digits = whole.filter { $0 != "," }
    while grouped(digits).count + rest.count < width { digits = "0" + digits }
    return grouped(digits) + rest
  }

  private func padded(sign: String, body: String, alignment: Character) -> String {
    guard let width = specification.width else { return sign + body }
    let missing = width - sign.count - body.count
    guard missing > 0 else { return sign + body }
    let fill = String(specification.fill)
    func filling(_ count: Int) -> String { String(repeating: fill, count: count) }
    switch alignment {
    case "<": return sign + body + filling(missing)
    case "^": return filling(missing / 2) + sign + body + filling(missing - missing / 2)
    case "=": return sign + filling(missing) + body
    default: return filling(missing) + sign + body
    }
  }
}

extension FormatSpecification {
  /// Whether it says nothing of how a number is written.
  fileprivate var isWidthOnly: Bool {
    conversion == nil && precision == nil && sign == nil && !grouping
  }
}
