import Networks
import Testing

/// Precision, recall, F1, areas and ranks, by hand.
@Suite struct ClassScoreTests {
  @Test func scoresOfClasses() {
    // y = 0 0 0 1 1 2, p = 0 0 1 1 2 2
    let scores = ClassScores(confusion: [2, 1, 0, 0, 1, 1, 0, 0, 1], classes: 3)
    #expect(scores.precision == [1, 0.5, 0.5])
    #expect(scores.recall == [2.0 / 3, 0.5, 1])
    #expect(difference(scores.f1, [0.8, 0.5, 2.0 / 3]) < 1e-12)
    #expect(abs(scores.macro(scores.f1) - 0.6555555555555556) < 1e-12)
  }

  @Test func classesThatAreMissing() {
    // Class 1 is never predicted; class 2 neither is there nor predicted.
    let scores = ClassScores(confusion: [2, 0, 0, 1, 0, 0, 0, 0, 0], classes: 3)
    #expect(scores.precision[1].isNaN && scores.recall[2].isNaN && scores.f1[2].isNaN)
    #expect(abs(scores.macro(scores.precision) - 1.0 / 3) < 1e-12)
    #expect(abs(scores.macro(scores.f1) - 0.4) < 1e-12)
    #expect(ClassScores(confusion: [0, 0, 0, 0], classes: 2).macro([.nan, .nan]).isNaN)
  }

  @Test func areas() throws {

    let truths = [false, false, true, true]
    #expect(Ranking.areaUnderCurve([0.1, 0.4, 0.35, 0.8], isPositive: truths) == 0.75)
    #expect(Ranking.areaUnderCurve([0.5, 0.5, 0.5, 0.5], isPositive: truths) == 0.5)
    #expect(Ranking.areaUnderCurve([0.4, 0.5, 0.5, 0.9], isPositive: truths) == 0.875)
    #expect(Ranking.areaUnderCurve([1, 2], isPositive: [true, true]).isNaN)
    let scores = [0.7, 0.2, 0.1, 0.3, 0.5, 0.2, 0.2, 0.2, 0.6, 0.5, 0.3, 0.2]
    // Each class against the others, for labels 0 1 2 1.
    #expect(
      abs(try Ranking.meanArea(scores, labels: [0, 1, 2, 1], columns: 3) - 1) < 1e-12)
    #expect(try Ranking.meanArea([0.9, 0.1, 0.2, 0.8], labels: [0, 1], columns: 2) == 1)
  }

  @Test func ranks() {
    let scores = [0.5, 0.3, 0.2, 0.1, 0.1, 0.8]
    #expect(Ranking.topShare(scores, labels: [1, 1], columns: 3, count: 1) == 0)
    #expect(Ranking.topShare(scores, labels: [1, 0], columns: 3, count: 2) == 1)
    // Of equal scores the first column goes first, as argmax has it.
    #expect(Ranking.topShare(scores, labels: [1, 1], columns: 3, count: 2) == 0.5)
  }
}
