import Files
import Syntax
import Tensors

/// Turns an error at an instruction into what a person needs: where, with which operands, and what
/// to do about it.
struct Diagnosis {
  let machine: Machine
  let code: Code?
  let site: Site
  /// Which instruction of the code it is.
  private let position: Int

  init(machine: Machine, pc: UnsafePointer<Instruction>) {
    self.machine = machine
    code = machine.code
    if let code {
      position = pc - code.header.pointee.instructions
      site = code.site(of: position)
    } else {
      position = 0
      site = Site(Span(0, 0))
    }
  }

  /// The error with its diagnostic.
  func failure(for thrown: any Error) -> Failure {
    var error = thrown
    var span = site.span
    if let misplaced = thrown as? PlaceFailure { (error, span) = (misplaced.error, misplaced.span) }
    var label: String?
    var suggestions: [String] = []
    let runtime: RuntimeError
    switch error {
    case let diagnostic as Diagnostic:
      // A script that a command runs has its own places.
      return Failure(
        error: diagnostic.phase == .interrupted
          ? .interrupted : .other(diagnostic.message, hint: diagnostic.suggestions.first),
        diagnostic: diagnostic)
    case let unset as UnsetVariable:
      runtime = .unknownName(unset.name)
      if site.operands.indices.contains(unset.operand) { span = site.operands[unset.operand] }
      suggestions = hints.suggestions(for: unset.name, at: span)
    case let blamed as OperandFailure where blamed.error is WholeCall:
      let whole = blamed.error as? WholeCall
      runtime = whole.map(runtimeError) ?? Self.runtimeError(error)
      (span, suggestions) = (pipedCall, pipedCallAdvice)
    case let blamed as OperandFailure:
      runtime = Self.runtimeError(blamed.error)
      label =
        if case .assertion = runtime { sides(at: position) } else { self.label(blamed, runtime) }
      suggestions = self.suggestions(for: runtime, blamed)
    default:
      runtime = Self.runtimeError(error)
      suggestions = runtime.advice
      if case .unknownName(let name) = runtime, thrown is PlaceFailure {
        suggestions = hints.suggestions(for: name, at: span)
      }
      if case .assertion = runtime { label = sides(at: position) }
    }
    if case .notCallable(let kind) = runtime, suggestions.isEmpty {
      suggestions = elementAdvice(kind)
    }
    // What a message says on further lines, as the operands of a training's NaN, is its label.
    let lines = runtime.message.split(separator: "\n", maxSplits: 1)
    if lines.count > 1, label == nil {
      label = lines[1].split(separator: "\n").map { String($0.drop { $0 == " " }) }
        .joined(separator: "\n")
    }
    let diagnostic = Diagnostic(
      phase: runtime.isInterruption ? .interrupted : .runtime,
      lines.first.map(String.init) ?? "", source: source, span: span, label: label,
      suggestions: suggestions)
    return Failure(error: runtime, diagnostic: diagnostic)
  }

  private var hints: NameHints {
    NameHints(machine: machine, source: source, variables: variables.map(\.name))
  }

  var source: SourceText { code?.source ?? SourceText("", name: "") }

  private static func runtimeError(_ error: any Error) -> RuntimeError {
    switch error {
    case TensorError.interrupted, DataError.interrupted: .interrupted
    case let failure as OperandFailure: runtimeError(failure.error)
    case let whole as WholeCall: whole.failure.map(runtimeError) ?? RuntimeError(error)
    default: RuntimeError(error)
    }
  }

  // MARK: Labels

  /// `x is 10000×784, W_o is 1000×10`: for errors about shapes or kinds of operands.
  private func label(_ failure: OperandFailure, _ error: RuntimeError) -> String? {
    switch error {
    case .tensor, .network, .operands, .conditionNotBool, .logicalOperand: break
    default: return nil
    }
    let parts = failure.operands.enumerated().compactMap { offset, value -> String? in
      guard let text = operandText(failure.first + offset), let words = value.labelPhrase else {
        return nil
      }
      return "\(text) is \(words)"
    }
    var seen: Set<String> = []
    let distinct = parts.filter { seen.insert($0).inserted }
    return distinct.isEmpty ? nil : distinct.joined(separator: ", ")
  }

  /// How an operand is written, if that is short and no literal.
  func operandText(_ index: Int) -> String? {
    guard let text = shortText(index), let first = text.first,
      first.isLetter || first == "_" || first == "("
    else { return nil }
    return text
  }

  /// How an operand is written, if that is short.
  func shortText(_ index: Int) -> String? {
    guard site.operands.indices.contains(index) else { return nil }
    let text = source.text(in: site.operands[index])
    return text.utf8.count <= 40 && !text.contains("\n") ? text : nil
  }

  // MARK: Suggestions

  private func suggestions(for error: RuntimeError, _ failure: OperandFailure) -> [String] {
    if case .unknownField(let name, _, _) = error, let value = failure.operands.first {
      let forms = MethodHints(diagnosis: self, value: value).suggestions(for: name)
      return forms.isEmpty ? error.advice : forms
    }
    guard failure.operands.count >= 2, failure.first == 0 else { return error.advice }
    switch error {
    case .tensor(.matmul(let left, let right)):
      let fitting = productSuggestions(left, right)
      return fitting.isEmpty ? error.advice : fitting
    case .tensor(.broadcast(let left, let right)):
      let fitting = broadcastSuggestions(left, right)
      return fitting.isEmpty ? error.advice : fitting
    case .operands(let operation, _, _):
      return operandSuggestions(operation, failure.operands) + error.advice
    default: return error.advice
    }
  }

  private func productSuggestions(_ left: Shape, _ right: Shape) -> [String] {
    var lines: [String] = []
    let names = [operandText(0), operandText(1)]
    if left.rank == 2, right.rank == 2 {
      // The commonest mistake: W @ x for x @ W.
      if right[1] == left[0], let first = names[1], let second = names[0], first != second {
        lines.append("\(Self.operand(first)) @ \(Self.operand(second)) would fit")
      }
      let rightFits = right[1] == left[1]
      let leftFits = left[0] == right[0]
      // Of `A @ A` either side may be transposed; which one is meant must show.
      let twins = names[0] != nil && names[0] == names[1] && rightFits && leftFits
      let (before, after) = twins ? ("\(names[0] ?? "") @ ", " @ \(names[1] ?? "")") : ("", "")
      if rightFits {
        lines.append("\(before)\(transposed(names[1], "the right operand")) would fit")
      }
      if leftFits {
        lines.append("\(transposed(names[0], "the left operand"))\(after) would fit")
      }
    }
    guard let inner = left.dimensions.last else { return lines }
    let fitting = variablesInScope { shape in
      shape.rank == 2 && shape[0] == inner && shape != right
    }
    if !fitting.isEmpty { lines.append(Self.inScope(fitting)) }
    return lines
  }

  private func broadcastSuggestions(_ left: Shape, _ right: Shape) -> [String] {
    var lines: [String] = []
    let flipped = try? Shape(checking: right.dimensions.reversed())
    if right.rank == 2, let flipped, (try? left.broadcast(flipped)) != nil {
      lines.append("\(transposed(operandText(1), "the right operand")) would fit")
    }
    let fitting = variablesInScope { shape in
      shape.rank > 0 && shape != left && (try? left.broadcast(shape)) == left
    }
    if !fitting.isEmpty { lines.insert(Self.inScope(fitting), at: 0) }
    return lines
  }

  private func operandSuggestions(_ operation: String, _ operands: [Value]) -> [String] {
    let texts = operands.filter { if case .string = $0 { true } else { false } }
    if operation == BinaryOperator.remainder.verb, let text = percentFormat(operands) {
      return ["write \(text)"]
    }
    guard !texts.isEmpty, texts.count < operands.count else { return [] }
    return operation == BinaryOperator.add.verb
      ? ["as text: str(x), or \"… {x} …\""] : ["text becomes a number by number(text)"]
  }

  /// What `x(0)` and `x.shape()` are here.
  private func elementAdvice(_ kind: String) -> [String] {
    guard ["tensor", "list", "string", "record"].contains(kind), let callee = shortText(0),
      let arguments = MethodHints.arguments(after: site.operands[0].end, in: source)
    else { return [] }
    return ["write \(arguments.isEmpty ? callee : "\(callee)[\(arguments)]")"]
  }

  /// What `"%d" % x` is here.
  private func percentFormat(_ operands: [Value]) -> String? {
    guard case .string(let box)? = operands.first, let argument = shortText(1) else { return nil }
    let isList = if case .list? = operands.dropFirst().first { true } else { false }
    let arguments =
      isList && argument.hasPrefix("[") && argument.hasSuffix("]")
      ? ForeignFormats.arguments(in: String(argument.dropFirst().dropLast())) : [argument]
    return ForeignFormats.interpolation(ofPercent: box.content, arguments)
  }

  private func transposed(_ name: String?, _ otherwise: String) -> String {
    guard let name else { return "\(otherwise)'s transpose" }
    return "\(Self.operand(name))'"
  }

  /// The text of an expression as an operand: in parentheses where it is more than a name, a call
  /// or an index.
  private static func operand(_ text: String) -> String {
    var depth = 0
    let isOperand = text.allSatisfy { character in
      if "([".contains(character) { depth += 1 }
      defer { if ")]".contains(character) { depth -= 1 } }
      return depth > 0 || character.isLetter || character.isNumber || "_.'".contains(character)
    }
    return isOperand ? text : "(\(text))"
  }

  private static func inScope(_ variables: [(name: String, shape: Shape)]) -> String {
    let list = variables.prefix(3).map { "\($0.name) (\($0.shape))" }
    return "in scope and would fit: \(list.joined(separator: ", "))"
  }

  private func variablesInScope(_ fits: (Shape) -> Bool) -> [(name: String, shape: Shape)] {
    var seen: Set<String> = []
    let operandNames = Set([operandText(0), operandText(1)].compactMap { $0 })
    return variables.compactMap { name, value in
      guard case .tensor(let box) = value, fits(box.content.shape), name != "ans",
        !Scope.isInside(name), !operandNames.contains(name), seen.insert(name).inserted
      else { return nil }
      return (name, box.content.shape)
    }
  }

  /// The variables that the running code sees: its own, those around it, the globals.
  var variables: [(name: String, value: Value)] {
    let found = code.map(machine.localVariables) ?? []
    return (found + machine.globals.userDefined.map { ($0.name, $0.value) })
      .filter { !$0.1.isUnset }
  }
}

extension RuntimeError {
  /// Whether a stop was asked for.
  package var isInterruption: Bool {
    switch self {
    case .interrupted, .tensor(.interrupted), .dataset(.interrupted): true
    default: false
    }
  }

  /// What to do about it, a line an entry.
  var advice: [String] {
    switch self {
    case .tensor(let error): return error.hint.map { [$0] } ?? []
    case .dataset(let error): return error.suggestions
    case .notIterable(let kind) where kind == "number":
      return ["a range is written 0..<n, or 1...n"]
    default: break
    }
    return hint.map { [$0] } ?? []
  }
}

extension Value {
  /// What a label says of an operand: its shape, or its kind.
  var labelPhrase: String? {
    switch self {
    case .tensor(let box): Self.phrase(box.content.shape)
    case .traced(let box): Self.phrase(box.content.shape)
    case .none: nil
    default: kindPhrase
    }
  }

  private static func phrase(_ shape: Shape) -> String {
    switch shape.rank {
    case 0: "a number"
    case 1: "a vector of \(shape)"
    default: "\(shape)"
    }
  }
}
