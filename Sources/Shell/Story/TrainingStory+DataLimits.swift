import Console
import Networks
import Platform
import Tensors

/// What the data may have done.
extension TrainingStory {
  func leak() throws -> LimitFinding? {
    if let shared = try before.sharedRows(), shared.mark == .wrong {
      return finding(.leak, shared.text, shared.remedy)
    }
    guard let column = try telltaleColumn() else { return nil }
    return finding(
      .leak, "column \(column) of the inputs is the target in other words: the rest is not needed",
      "d = \(advice.data); keep = arange(\(before.width)) != \(column)")
  }

  /// A column with as many different values as there are classes, each of which belongs to one class.
  private func telltaleColumn() throws -> Int? {
    guard let classes = try before.classes(), before.width > 1, !before.arePictures else {
      return nil
    }
    let numbers = try before.train.x.guardedDoubles()
    let kinds = Set(classes).count
    guard kinds > 1, classes.count > 4 * kinds else { return nil }
    column: for column in 0..<before.width {
      var classOf: [Double: Int] = [:]
      for (row, label) in classes.enumerated() {
        let number = numbers[row * before.width + column]
        if let known = classOf[number], known != label { continue column }
        classOf[number] = label
        if classOf.count > kinds { continue column }
      }
      if classOf.count == kinds { return column }
    }
    return nil
  }

  func constantInputs() throws -> LimitFinding? {
    guard data.rows > 1, ruler.ignorant ?? 1 > 1e-9 else { return nil }
    let spreads = try before.columnSpreads()
    guard spreads.allSatisfy({ $0 == 0 }) else { return nil }
    return finding(
      .constantInputs, "all rows of the inputs are the same: nothing can be told from them",
      "show \(advice.data)")
  }

  func order() throws -> LimitFinding? {
    guard !options.shuffle, let classes = try before.classes() else { return nil }
    let changes = zip(classes, classes.dropFirst()).count { $0 != $1 }
    guard changes * 4 < classes.count else { return nil }
    let run = try run { setting in
      setting.options.shuffle = true
      return true
    }
    return decided(
      .order, "the rows are sorted by class and were not shuffled", by: run, "with shuffle=true",
      advice.again("shuffle=true"))
  }

  func balance() throws -> LimitFinding? {
    guard let classes = try before.classes() else { return nil }
    let counts = Dictionary(classes.map { ($0, 1) }, uniquingKeysWith: +).values
    guard let few = counts.min(), let many = counts.max(), counts.count > 1, many > 5 * few,
      let itself = try trained.meanRecall(), itself < 0.75
    else { return nil }
    let run = try run { setting in
      setting.options.classWeights = .balanced
      return true
    }
    let marker =
      "the largest class has \(many) rows and the smallest \(few): of the classes, "
      + "\(NumberForm.percent(itself)) are found on average"
    guard let run else {
      // A single sigmoid takes no weights of classes.
      return finding(.balance, marker, advice.again("weights=balanced"))
    }
    guard run.isFinite, let recall = try run.trained.meanRecall(), recall > itself + 0.1 else {
      return nil
    }
    return finding(
      .balance, marker + "; with weights=balanced \(NumberForm.percent(recall))",
      advice.again("weights=balanced"))
  }

  /// What was learnt holds for the rows of training alone.
  func generalization() throws -> LimitFinding? {
    guard let held else { return nil }
    if held.learnt < 0.2, let labels = try labels() { return labels }
    let best = history.validationLoss.filter { !$0.isNaN }.min()
    var evidence = "\(held.words) on held rows beside \(trained.words) on those of training"
    if let best, best < 0.9 * held.loss,
      let epoch = history.validationLoss.firstIndex(of: best)
    {
      evidence += "; val_loss was \(NumberForm.loss(best)) after epoch \(epoch + 1)"
    }
    return finding(.overfitting, evidence, advice.again("patience=5 l2=0.001"))
  }

  /// Whether the targets follow from the inputs at all: shuffled, they must come out worse.
  func labels() throws -> LimitFinding? {
    guard let (real, shuffled) = try withShuffledTargets() else { return nil }
    let isBetter =
      real.learnt > shuffled.learnt + 0.1 && (real.learnt > 0.05 || real.loss < 0.9 * shuffled.loss)
    guard !isBetter else { return nil }
    return finding(
      .labels,
      "on new rows it has \(real.words), and with labels shuffled \(shuffled.words): what it learns "
        + "does not come from the inputs", "preflight \(advice.net) on \(advice.data)")
  }
}

extension Standing {
  /// The mean over the classes of the share of their rows that are found; nil where there are none.
  fileprivate func meanRecall() throws -> Double? {
    guard measured.task == .classes || measured.task == .binary, measured.targets.rank == 2 else {
      return nil
    }
    var targets = measured.targets
    if measured.task == .binary { targets = try targets.reshaped([targets.count]) }
    let pairs = try Metrics.classPairs(
      targets,
      measured.task == .binary
        ? measured.predictions.reshaped([measured.predictions.count]) : measured.predictions)
    var right: [Int: (found: Int, all: Int)] = [:]
    for pair in pairs {
      right[pair.truth, default: (0, 0)].all += 1
      if pair.truth == pair.guess { right[pair.truth, default: (0, 0)].found += 1 }
    }
    guard !right.isEmpty else { return nil }
    return right.values.reduce(0) { $0 + Double($1.found) / Double($1.all) } / Double(right.count)
  }
}
