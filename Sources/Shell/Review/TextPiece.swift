import Language
import Tensors

/// A number, a word or a sign of a text that is compared with another.
enum TextPiece: Equatable {
  /// `unit` is the value of its last digit; 0 for a whole number.
  case number(Double, unit: Double)
  case word(String)
  /// `…`: whatever stands there.
  case anything

  /// Cuts a text; white space and commas only part.
  static func pieces(of text: String) -> [TextPiece] {
    var pieces: [TextPiece] = []
    var rest = Substring(text)
    while let first = rest.first {
      if first.isWhitespace || first == "," {
        rest.removeFirst()
      } else if first.isLetter || first == "_" {
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        rest = rest.dropFirst(word.count)
        pieces.append(.word(String(word)))
      } else if let (number, length) = number(rest) {
        rest = rest.dropFirst(length)
        pieces.append(number)
      } else {
        rest.removeFirst()
        pieces.append(first == "…" ? .anything : .word(String(first)))
      }
    }
    return pieces
  }

  private static func number(_ text: Substring) -> (TextPiece, length: Int)? {
    func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
    var digits = text.prefix(while: isDigit)
    var decimals = 0
    var hasPoint = false
    let afterWhole = text.dropFirst(digits.count)
    if afterWhole.first == "." {
      let fraction = afterWhole.dropFirst().prefix(while: isDigit)
      if !fraction.isEmpty {
        decimals = fraction.count
        hasPoint = true
        digits = text.prefix(digits.count + 1 + decimals)
      }
    }
    guard let last = digits.last, isDigit(last) else { return nil }
    var length = digits.count
    var exponent = 0
    let rest = text.dropFirst(length)
    if rest.first == "e" || rest.first == "E" {
      var power = rest.dropFirst()
      var sign = ""
      if let first = power.first, first == "-" || first == "+" {
        sign = first == "-" ? "-" : ""
        power = power.dropFirst()
      }
      let count = power.prefix(while: isDigit).count
      if count > 0, let value = Int(sign + power.prefix(count)) {
        exponent = max(-400, min(400, value))
        hasPoint = true
        length = text.distance(from: text.startIndex, to: power.startIndex) + count
      }
    }
    guard let value = Double(String(text.prefix(length))) else { return nil }
    let unit = hasPoint ? Double("1e\(exponent - decimals)") ?? 0 : 0
    return (.number(value, unit: unit), length)
  }

  /// Whether what is expected can be read out of what is given.
  static func agree(_ expected: ArraySlice<TextPiece>, _ given: ArraySlice<TextPiece>) -> Bool {
    var (wanted, place) = (expected.startIndex, given.startIndex)
    // After the last `…` met: where what follows it is tried next.
    var retry: (wanted: Int, place: Int)?
    while place < given.endIndex {
      if wanted < expected.endIndex, expected[wanted] == .anything {
        wanted += 1
        retry = (wanted, place)
      } else if wanted < expected.endIndex, expected[wanted].agrees(with: given[place]) {
        wanted += 1
        place += 1
      } else if let last = retry {
        retry = (last.wanted, last.place + 1)
        (wanted, place) = (last.wanted, last.place + 1)
      } else {
        return false
      }
    }
    return expected[wanted...].allSatisfy { $0 == .anything }
  }

  private func agrees(with other: TextPiece) -> Bool {
    guard case .number(let a, let unit) = self, case .number(let b, let otherUnit) = other else {
      return self == other
    }
    return a == b || abs(a - b) <= 0.5001 * max(unit, otherUnit)
  }
}

/// The ways in which a value may be written.
enum GivenText {
  /// As its echo, as `print` writes it, and for tensors as nested brackets.
  static func forms(of value: Value) -> [String] {
    var forms = [value.display(.plain), value.printed]
    if case .tensor(let box) = value, box.content.count <= 1000 {
      forms.append(brackets(box.content.doubles()[...], box.content.shape.dimensions[...]))
    }
    return forms
  }

  private static func brackets(_ numbers: ArraySlice<Double>, _ sizes: ArraySlice<Int>) -> String {
    guard let length = sizes.first else { return numbers.first.map { $0.displayed } ?? "" }
    let step = length > 0 ? numbers.count / length : 0
    let parts = (0..<length).map { index in
      let start = numbers.startIndex + index * step
      return brackets(numbers[start..<start + step], sizes.dropFirst())
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }
}
