/// A call of a person's function that is under way, as code that repeats it.
package struct RunningCall {
  package let name: String
  /// `scale(784)`; nil where an argument is none that a literal writes.
  package let code: String?

  package init(name: String, arguments: [Value]) {
    self.name = name
    var texts: [String] = []
    for argument in arguments {
      switch argument {
      case .number(let number): texts.append(Self.digits(of: number))
      case .bool, .string: texts.append(argument.inline())
      default:
        code = nil
        return
      }
    }
    code = "\(name)(\(texts.joined(separator: ", ")))"
  }

  /// All digits that the number needs to be read back.
  private static func digits(of number: Double) -> String {
    Int(exactly: number).map { String($0) } ?? String(number)
  }
}
