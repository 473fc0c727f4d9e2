import Syntax

/// Formulas: arrows to an expression of numbers, operators, calls by name, fields and places, of the
/// library's functions alone. They can do nothing but compute and mean the same in every session, so
/// that a file of a network may hold them as code.
extension Function {
  /// The code of a function that is a formula.
  ///
  /// - Parameter machine: the session that it belongs to.
  func formula(on machine: Machine) -> FunctionLiteral? {
    guard name == nil, isWithoutCaptures, let code,
      case .function(let literal)? = (try? Parser.parseExpression(SourceText(code, name: "")))?.kind,
      literal.isFormula(in: machine.vocabulary),
      !literal.usedNames.contains(where: machine.globals.isUserDefined)
    else { return nil }
    return literal
  }
}

extension FunctionLiteral {
  /// What it uses besides its parameters.
  package var usedNames: Set<String> { NameCollector(function: self).free }

  /// Whether it is a formula of that vocabulary's functions.
  package func isFormula(in vocabulary: Vocabulary) -> Bool {
    guard name == nil, body.statements.count == 1,
      case .expression(let expression) = body.statements[0].kind,
      parameters.allSatisfy({ $0.defaultValue == nil }), expression.isFormula
    else { return false }
    return usedNames.allSatisfy { name in
      if let builtin = vocabulary.builtin(named: name) {
        return Self.computing.contains(builtin.declaration.group)
      }
      return vocabulary.constants.contains { $0.name == name }
    }
  }

  /// The groups of the builtins that give numbers for numbers and do nothing else.
  private static let computing: Set<Declaration.Group> =
    [.make, .shape, .elementwise, .reduce, .linearAlgebra]
}

extension Expression {
  fileprivate var isFormula: Bool {
    switch kind {
    case .none, .number, .bool, .name: true
    case .call(let function, _):
      if case .name = function.kind { parts.allSatisfy(\.isFormula) } else { false }
    case .bracket, .list, .unary, .binary, .logical, .transpose, .index, .field:
      parts.allSatisfy(\.isFormula)
    case .string, .interpolation, .record, .range, .function, .conditional, .pipe, .gradient:
      false
    }
  }
}

extension FunctionLiteral {
  /// The builtin and the numbers of `z -> leaky_relu(z, 0.2)`.
  func callOfBuiltin(in vocabulary: Vocabulary) -> (builtin: Builtin, numbers: [Double])? {
    guard parameters.count == 1, case .expression(let body)? = body.statements.first?.kind,
      case .call(let callee, let arguments) = body.kind, case .name(let name) = callee.kind,
      let builtin = vocabulary.builtin(named: name), arguments.allSatisfy({ $0.name == nil }),
      case .name(parameters[0].name.text)? = arguments.first?.value.kind
    else { return nil }
    let numbers = arguments.dropFirst().compactMap(\.value.literalNumber)
    return numbers.count == arguments.count - 1 ? (builtin, numbers) : nil
  }
}

extension Expression {
  /// The number that it is as written, with its sign.
  fileprivate var literalNumber: Double? {
    switch kind {
    case .number(let number): number
    case .unary(.negate, let operand):
      if case .number(let number) = operand.kind { -number } else { nil }
    default: nil
    }
  }
}
