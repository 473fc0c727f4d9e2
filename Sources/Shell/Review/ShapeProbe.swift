import Language
import Library
import Networks
import Syntax
import Tensors

/// Runs one operation on what is known of its operands, to see what shape comes out, or that none
/// can: so there is no rule of any operation here.
struct ShapeProbe {
  /// What came of it.
  enum Outcome {
    case known(KnownValue)
    /// It fails whatever the elements are.
    case impossible(Diagnostic)
  }

  /// Bytes that one operation may ask for.
  private static let budget = 256e6
  /// Larger operands are not given to what computes without the backend, as decompositions.
  private static let slowElements = 100_000

  let machine: Machine
  let source: SourceText

  /// Groups of builtins that do nothing but compute.
  private static let groups: Set<Declaration.Group> = [
    .make, .shape, .elementwise, .reduce, .linearAlgebra, .layers, .losses, .report,
  ]
  private static let furtherNames: Set<String> = ["len", "enumerate", "zip", "range", "type"]
  /// What looks at the elements of all that it is given: only known ones tell something.
  private static let exactNames: Set<String> = ["dataset"]
  /// What depends on shapes alone.
  private static let shapeNames: Set<String> = ["shape", "ndim", "size", "len", "dtype"]

  /// Whether a builtin can be run without effects.
  static func isPure(_ builtin: Builtin) -> Bool {
    groups.contains(builtin.declaration.group) || furtherNames.contains(builtin.declaration.name)
      || exactNames.contains(builtin.declaration.name)
  }

  /// - Parameters:
  ///   - expression: one operation.
  ///   - operands: what is known of its parts.
  func outcome(of expression: Expression, _ operands: [ProbeOperand]) -> Outcome {
    let given = operands.flatMap(\.values)
    guard given.allSatisfy(\.isKnown) else { return .known(.unknown) }
    let isExact = given.allSatisfy { $0.isExact && !$0.isNetwork }
    if !isExact, case .call(let function, _) = expression.kind,
      case .name(let name) = function.kind,
      Self.exactNames.contains(name)
    {
      return .known(.unknown)
    }
    do {
      let generator = machine.random.generator
      let first = try run(expression, operands, row: 0, computing: isExact)
      if isExact || Self.dependsOnShapesAlone(expression) {
        let isRandom = machine.random.generator != generator
        return .known(isRandom ? KnownValue(shapeOf: first) : Self.known(first))
      }
      let second = try run(expression, operands, row: 1, computing: false)
      return .known(KnownValue(first, second))
    } catch let failure as Failure {
      return impossibility(failure, expression, operands)
    } catch {
      return .known(.unknown)
    }
  }

  /// What is large is kept as its shape alone.
  private static func known(_ value: Value) -> KnownValue {
    if case .tensor(let box) = value, box.content.count > KnownValue.exactElements {
      return KnownValue(shapeOf: value)
    }
    return .exact(value)
  }

  private static func dependsOnShapesAlone(_ expression: Expression) -> Bool {
    switch expression.kind {
    case .field(_, let name): return shapeNames.contains(name.text)
    case .call(let function, let arguments):
      guard case .name(let name) = function.kind else { return false }
      return arguments.count == 1 && shapeNames.contains(name)
    default: return false
    }
  }

  private func run(
    _ expression: Expression, _ operands: [ProbeOperand], row: Int, computing: Bool
  ) throws -> Value {
    var variables: [(name: String, value: Value)] = []
    var parts = expression.parts
    for (index, operand) in operands.enumerated() where parts.indices.contains(index) {
      parts[index] = try replaced(parts[index], operand, row, &variables)
    }
    let operation = expression.replacingParts(parts)
    return try MemoryGuard.limited(toBytes: Self.budget) {
      func body() throws -> Value {
        try machine.evaluate(operation, in: source, variables: variables)
      }
      return try computing ? body() : ShapesAlone.without(body)
    }
  }

  /// A part with variables in the place of what is known. Those of the script keep their names, for
  /// the sake of messages; others get one that no code writes.
  private func replaced(
    _ part: Expression, _ operand: ProbeOperand, _ row: Int,
    _ variables: inout [(name: String, value: Value)]
  ) throws -> Expression {
    switch operand {
    case .asWritten: return part
    case .literal(let elements):
      return part.replacingParts(
        try zip(part.parts, elements).map { try replaced($0, $1, row, &variables) })
    case .known(let known):
      guard let value = try known.standIn(row: row) else { return part }
      var name = "\u{0}\(variables.count)"
      if case .name(let own) = part.kind { name = own }
      if !variables.contains(where: { $0.name == name }) { variables.append((name, value)) }
      return Expression(.name(name), part.span)
    }
  }

  // MARK: errors

  /// Which part is what the operation works on, and no size, axis or index.
  private static func subject(of expression: Expression) -> Int? {
    switch expression.kind {
    case .index: return 0
    case .call(let function, _):
      guard case .name(let name) = function.kind,
        Builtin.named(name)?.declaration.parameters.first?.kind == .tensor
      else { return nil }
      return 1
    default: return nil
    }
  }

  private func impossibility(
    _ failure: Failure, _ expression: Expression, _ operands: [ProbeOperand]
  ) -> Outcome {
    let given = operands.flatMap(\.values)
    guard let kind = ShapeFault(failure.error) else { return .known(.unknown) }
    if given.contains(where: \.holdsUnknownNumber) { return .known(.unknown) }
    if !kind.isOfOperandsAlone {
      let subject = Self.subject(of: expression)
      let others = operands.enumerated().flatMap {
        $0.offset == subject ? [] : $0.element.values
      }
      if others.contains(where: \.mayBeSizes) { return .known(.unknown) }
    }
    // Other elements must fail in the same way.
    do {
      _ = try run(expression, operands, row: 1, computing: false)
      return .known(.unknown)
    } catch let second as Failure where ShapeFault(second.error)?.name == kind.name {
      var diagnostic = second.diagnostic
      diagnostic.phase = .syntax
      diagnostic.callChain = []
      return .impossible(diagnostic)
    } catch {
      return .known(.unknown)
    }
  }
}

/// An error that shapes alone decide.
private struct ShapeFault {
  let name: String
  /// Whether only the shapes of the operands decide it, and no number that one of them may hold.
  let isOfOperandsAlone: Bool

  init?(_ error: RuntimeError) {
    switch error {
    case .tensor(let error):
      switch error {
      case .broadcast: (name, isOfOperandsAlone) = ("broadcast", true)
      case .matmul: (name, isOfOperandsAlone) = ("matmul", true)
      case .matmulNumber: (name, isOfOperandsAlone) = ("matmulNumber", true)
      case .concatenate: (name, isOfOperandsAlone) = ("concatenate", true)
      case .stackShapes: (name, isOfOperandsAlone) = ("stackShapes", true)
      case .sameShape: (name, isOfOperandsAlone) = ("sameShape", true)
      case .lossShapes: (name, isOfOperandsAlone) = ("lossShapes", true)
      case .biasShape: (name, isOfOperandsAlone) = ("biasShape", true)
      case .notAMatrix: (name, isOfOperandsAlone) = ("notAMatrix", true)
      case .notOneDimensional: (name, isOfOperandsAlone) = ("notOneDimensional", true)
      case .maskShape: (name, isOfOperandsAlone) = ("maskShape", true)
      case .tooManyIndices: (name, isOfOperandsAlone) = ("tooManyIndices", true)
      case .reshape: (name, isOfOperandsAlone) = ("reshape", false)
      case .elementCount: (name, isOfOperandsAlone) = ("elementCount", false)
      case .axisOutOfRange: (name, isOfOperandsAlone) = ("axisOutOfRange", false)
      case .repeatedAxis: (name, isOfOperandsAlone) = ("repeatedAxis", false)
      case .indexOutOfRange: (name, isOfOperandsAlone) = ("indexOutOfRange", false)
      case .squeeze: (name, isOfOperandsAlone) = ("squeeze", false)
      case .split: (name, isOfOperandsAlone) = ("split", false)
      case .permutation: (name, isOfOperandsAlone) = ("permutation", false)
      default: return nil
      }
    case .network(let error):
      switch error {
      case .layerInput: (name, isOfOperandsAlone) = ("layerInput", true)
      case .needsRows: (name, isOfOperandsAlone) = ("needsRows", true)
      case .scoreShapes: (name, isOfOperandsAlone) = ("scoreShapes", true)
      default: return nil
      }
    default: return nil
    }
  }
}
