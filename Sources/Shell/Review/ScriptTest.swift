import Console
import Language
import Syntax
import Tensors

/// A script run as a test: its `# → value` comments are compared with what their statements give,
/// and its `assert`s must hold.
///
/// A failed comparison or assertion is a line, and the script goes on; any other error ends it.
final class ScriptTest {
  /// A line a failure: `file:line: …`.
  private(set) var failures: [String] = []
  /// How many comments were compared.
  private(set) var comparisons = 0

  private let source: SourceText
  private let expectations: [Span: ExpectedOutput]
  /// What the running statement has written.
  private var written = ""
  /// What it has told beside its results, as `load` does.
  private var told = ""
  /// The value of the running statement, where it is an expression.
  private var value: Value?

  init(_ source: SourceText, _ statements: [Statement]) {
    self.source = source
    var found: [Span: ExpectedOutput] = [:]
    for statement in statements {
      if let expected = ExpectedOutput(after: statement, in: source) {
        found[statement.span] = expected
      }
    }
    expectations = found
    for place in ExpectedOutput.places(in: source)
    where !found.values.contains(where: { $0.offsets.contains(place) }) {
      fail(at: place, "this comment follows no statement at the top level: nothing is compared")
    }
  }

  // MARK: while it runs

  func write(_ text: String) { written += text }
  func tell(_ text: String) { told += text }
  func note(_ value: Value) { self.value = value }

  func begin() {
    written = ""
    told = ""
    value = nil
  }

  /// Compares what a statement gave.
  func end(_ statement: Statement, on machine: Machine) {
    guard let expected = expectations[statement.span] else { return }
    comparisons += 1
    if expected.error != nil {
      return fail(at: expected.offset, "expected an error, and there is none")
    }
    let given = value ?? assigned(by: statement, machine) ?? statement.valueOfNothing
    var texts = [written, told].filter { !$0.isEmpty }
    if let given { texts += GivenText.forms(of: given) }
    if texts.contains(where: expected.isMet) { return }
    if let given, expected.isMet(by: given, on: machine) { return }
    let shown = texts.first.map(Self.line) ?? "nothing"
    let code = Self.line(source.text(in: statement.span))
    fail(at: expected.offset, "\(code) gives \(shown), expected \(Self.line(expected.text))")
  }

  /// Takes the error of a statement.
  ///
  /// - Returns: whether the script goes on.
  func take(_ diagnostic: Diagnostic, of statement: Statement, isAssertion: Bool) -> Bool {
    if let expected = expectations[statement.span], let words = expected.error {
      comparisons += 1
      if ExpectedOutput.words(diagnostic.message).contains(ExpectedOutput.words(words)) {
        return true
      }
      fail(
        at: expected.offset,
        "the error is \(Self.line(diagnostic.message)), expected \(Self.line(words))")
      return true
    }
    let label = diagnostic.label.map { label in
      ": " + Self.line(label.split(separator: "\n").joined(separator: "; "))
    }
    let isHere = diagnostic.source === source
    let offset = isHere ? diagnostic.span.start : statement.span.start
    if isAssertion {
      let code = Self.line(diagnostic.source.text(in: diagnostic.span))
      fail(at: offset, "\(code): \(Self.line(diagnostic.message))\(label ?? "")")
      return true
    }
    fail(at: offset, "error: \(Self.line(diagnostic.message)): the rest did not run")
    return false
  }

  /// The value that an assignment has given its variable.
  private func assigned(by statement: Statement, _ machine: Machine) -> Value? {
    func variable(_ target: Expression) -> Value? {
      guard case .name(let name) = target.kind else { return nil }
      return machine.globals[name]
    }
    switch statement.kind {
    case .assignment(let targets, _) where targets.count == 1: return variable(targets[0])
    case .assignment(let targets, _):
      let values = targets.compactMap(variable)
      return values.count == targets.count ? .items(values) : nil
    case .update(let target, _, _): return variable(target)
    default: return nil
    }
  }

  func fail(at offset: Int, _ message: String) {
    failures.append("\(source.name):\(source.position(of: offset).line): \(message)")
  }

  /// A text in one line of moderate length.
  private static func line(_ text: String) -> String {
    TextLayout.cut(
      text.split(whereSeparator: \.isWhitespace).joined(separator: " "), to: 120)
  }
}

extension Statement {
  /// `none`, which is not shown: the value of an expression that gives no other.
  fileprivate var valueOfNothing: Value? { if case .expression = kind { Value.none } else { nil } }
}

extension Session {
  /// Runs scripts as tests, each in a session of its own, for `--test`.
  ///
  /// - Returns: the exit code: whether all pass.
  func testScripts(_ paths: [String]) -> Int32 {
    var failures = 0
    var comparisons = 0
    for path in paths {
      let source: SourceText
      do { source = try ScriptFile.named(path) } catch {
        writeError("error: \(error.message)\n")
        return ExitCode.usage
      }
      let session = Session(commandLine, terminal: terminal, audience: audience)
      let lines = session.failures(of: source, &comparisons)
      for line in lines { audience.print(EscapeCodes.shown(line) + "\n") }
      audience.flush()
      failures += lines.count
      if Interrupt.isRequested { return ExitCode.interrupted }
    }
    if !commandLine.isQuiet {
      let files = paths.count == 1 ? "1 file" : "\(paths.count) files"
      let values = comparisons == 1 ? "1 comment" : "\(comparisons) comments"
      let count =
        failures == 1 ? "1 failure" : failures == 0 ? "no failures" : "\(failures) failures"
      audience.tell("\(count) in \(files), \(values) compared\n")
    }
    return failures == 0 ? ExitCode.success : ExitCode.failure
  }

  /// Runs one script.
  private func failures(of source: SourceText, _ comparisons: inout Int) -> [String] {
    if let seed = commandLine.seed { machine.random.generator = RandomGenerator(seed: seed) }
    machine.globals["args"] = .items([])
    settings.showsProgress = false
    do throws(Diagnostic) {
      let program = try machine.compile(source)
      let test = ScriptTest(source, program.statements)
      self.test = test
      defer { self.test = nil }
      machine.run(program) { diagnostic in
        guard diagnostic.phase != .interrupted,
          let past = machine.past.last(where: { past in
            program.statements.contains { $0.span == past.statement.span }
              && past.source === source && past.failure != nil
          })
        else {
          test.fail(at: diagnostic.span.start, "interrupted")
          return false
        }
        let isAssertion = if case .assertion? = past.failure { true } else { false }
        return test.take(diagnostic, of: past.statement, isAssertion: isAssertion)
      }
      if let code = machine.exitCode, code != 0 {
        test.fail(at: machine.past.last?.statement.span.start ?? 0, "exit(\(code))")
      }
      comparisons += test.comparisons
      return test.failures
    } catch {
      let line = source.position(of: error.span.start).line
      return ["\(source.name):\(line): error: \(error.message)"]
    }
  }
}
