import Language
import Syntax
import Tensors

/// What is wrong with a script, found without running it: all syntax errors, names that mean
/// nothing, shapes that cannot go together.
struct ScriptReview {
  /// The errors, in the order of their places.
  let diagnostics: [Diagnostic]
  /// The statements that could be read.
  let statements: [Statement]
  /// What is known of the global variables at the end.
  let known: KnownScope

  /// - Throws: only that it was interrupted.
  init(of source: SourceText, on machine: Machine) throws(Diagnostic) {
    let reading = try Parser.readThrough(source, commands: Command.syntaxByName) {
      Interrupt.isRequested
    }
    var found = reading.errors
    let isWhole = found.isEmpty
    let compiled = Self.compiled(reading.statements, source, machine, &found)
    var names = NameReview(source, machine)
    // What a line that could not be read defines is not known: its names are not blamed.
    names.definedInLostText = isWhole ? [] : Self.words(of: reading.errors, in: source)
    names.review(reading.statements, beside: reading.lost)
    found += names.diagnostics
    var shapes = ShapeReview(source)
    shapes.review(compiled)
    found += shapes.diagnostics
    statements = reading.statements
    known = shapes.globals
    diagnostics = found.enumerated().sorted {
      ($0.element.span.start, $0.offset) < ($1.element.span.start, $1.offset)
    }.map(\.element)
  }

  /// The statements without those that cannot be compiled.
  private static func compiled(
    _ statements: [Statement], _ source: SourceText, _ machine: Machine,
    _ found: inout [Diagnostic]
  ) -> [Statement] {
    statements.filter { statement in
      do throws(Diagnostic) {
        _ = try machine.compile(source, only: statement)
        return true
      } catch {
        found.append(error)
        return false
      }
    }
  }

  /// The names that stand on lines with a syntax error.
  private static func words(of errors: [Diagnostic], in source: SourceText) -> Set<String> {
    var words: Set<String> = []
    let lines = Set(errors.map { source.lineSpan(around: $0.span.start) })
    for line in lines {
      var lexer = Lexer(source)
      lexer.offset = line.start
      while true {
        let token = lexer.next()
        if token.kind == .endOfInput || token.span.start >= line.end { break }
        if token.kind == .identifier { words.insert(source.text(in: token.span)) }
      }
    }
    return words
  }
}

extension Session {
  /// Reviews scripts, for `--check`.
  ///
  /// - Returns: the exit code.
  func check(_ paths: [String]) -> Int32 {
    var code = ExitCode.success
    for path in paths {
      do {
        let source = try ScriptFile.named(path)
        let review = try ScriptReview(of: source, on: machine)
        for diagnostic in review.diagnostics { report(diagnostic) }
        if !review.diagnostics.isEmpty { code = ExitCode.usage }
      } catch let error as Diagnostic {
        report(error)
        return ExitCode.interrupted
      } catch let error as ScriptFile.Failure {
        writeError("error: \(error.message)\n")
        code = ExitCode.usage
      } catch {
        code = ExitCode.usage
      }
    }
    return code
  }
}
