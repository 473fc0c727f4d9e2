import Console
import Language
import Networks
import Tensors

extension CommandContext {
  /// `explain training NET`: tells what the last training came to and what limited it.
  func tellTraining() throws -> Value {
    let story: TrainingStory
    if let given = command.first("trained") {
      story = try TrainingStory(self, network("trained"), named: sourceText(given))
    } else if let place = session.lastTrained {
      story = try TrainingStory(self, network(in: place), named: place.description)
    } else {
      throw RuntimeError.other(
        "no network has been trained yet", hint: "train net on DATA, then explain training net")
    }
    let limit = try story.limit()
    let findings = try story.findings(limit)
    for line in try story.heading { say(line) }
    Finding.tell(findings, in: self)
    say(story.conclusion(limit))
    return .fields([
      ("ok", .bool(limit == nil)), ("limit", limit.map { .text($0.limit.word.rawValue) } ?? .none),
      ("cause", limit.map { .text($0.limit.rawValue) } ?? .none),
      ("evidence", limit.map { .text($0.evidence) } ?? .none),
      ("remedy", limit?.remedy.map { .text($0) } ?? .none),
    ])
  }
}

extension TrainingStory {
  /// What was trained, and what came of it.
  var heading: [String] {
    get throws {
      let epochs = history.count
      let rows: Int
      switch options.batch {
      case .full: rows = data.rows
      case .rows(let count): rows = min(count, data.rows)
      }
      let steps = (data.rows + rows - 1) / max(1, rows)
      var lines = [
        "\(advice.net) on \(advice.data): \(epochs) epoch\(epochs == 1 ? "" : "s") of \(steps) "
          + "step\(steps == 1 ? "" : "s") of \(rows) rows, \(options.optimizer.description)"
      ]
      let measured = [
        history.series.filter { !$0.isValidation }, history.series.filter(\.isValidation),
      ]
      .flatMap { $0 }.filter(\.measure.isFollowed)
      lines.append(
        measured.compactMap { series in
          let values = series.values.filter { !$0.isNaN }
          guard let first = values.first, let last = values.last else { return nil }
          let unit = series.measure
          return "\(series.name) \(unit.text(first)) → \(unit.text(last))"
        }.joined(separator: "   "))
      if let ignorant = ruler.ignorant {
        lines.append("always the same answer has loss \(NumberForm.loss(ignorant))")
      }
      if diary.ending == .notFinite { lines.append("it ended with a NaN or an infinity") }
      return lines.filter { !$0.isEmpty }
    }
  }

  /// A line for each word: what limited it, and what did not.
  func findings(_ limit: LimitFinding?) throws -> [Finding] {
    try TrainingLimit.Word.allCases.compactMap { word in
      if let limit, limit.limit.word == word {
        return Finding(
          word.rawValue, .wrong,
          (limit.limit.rawValue == word.rawValue ? "" : "\(limit.limit.rawValue): ")
            + limit.evidence,
          remedy: limit.remedy)
      }
      guard word.isAlwaysTold, let (mark, text) = try plain(word) else { return nil }
      return Finding(word.rawValue, mark, text)
    }
  }

  /// What is seen of a word without any paired run.
  private func plain(_ word: TrainingLimit.Word) throws -> (Finding.Mark, String)? {
    switch word {
    case .rate: return (.right, relativeStep)
    case .capacity:
      return (
        hasLearnt ? .right : .remark,
        "\(final.parameterCount) weights have \(trained.words) on rows of training"
      )
    case .data:
      guard let held else { return (.right, "\(data.rows) rows; none to validate on") }
      return (
        generalizes && hasLearnt ? .right : .remark,
        "\(held.words) on held rows, \(trained.words) on rows of training"
      )
    case .scale:
      let range = try before.range()
      // A marker that no paired run has confirmed.
      return (range.mark == .wrong ? .remark : range.mark, "inputs " + range.text)
    case .units:
      let (isPossible, worst) = try after.idleUnits()
      guard isPossible else { return nil }
      guard let worst, worst.share > 0 else { return (.right, "none dead or saturated") }
      return (worst.share > 0.5 ? .remark : .right, worst.words)
    default: return nil
    }
  }

  func conclusion(_ limit: LimitFinding?) -> String {
    if let limit { return "limited by \(limit.limit.phrase)" }
    return hasLearnt
      ? "nothing limited it that could be found"
      : "nothing that was tried does much better: the targets may not follow from the inputs more closely"
  }
}
