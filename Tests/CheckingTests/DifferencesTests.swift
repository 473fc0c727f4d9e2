import Testing

@testable import Checking

/// Which elements are looked at does not depend on what rounding does to the last bits.
@Suite struct DifferencesTests {
  @Test func equalsStandInTheirOrder() {
    let numbers: [Double] = [1, 3, 3.000000001, 2, 2.9999999999, 0]
    #expect(Differences.largest(numbers, 3) == [1, 2, 4])
    #expect(Differences.largest([0, 1e-12, 0, 5], 2) == [3, 1])
    #expect(Differences.largest([0.5, 0.2, 0.50001], 2) == [2, 0])
  }

  @Test func roundingChoosesNoElements() {
    let truth = (0..<40).map { Double($0 % 7) - 3 }
    let chosen = Differences.elements(given: truth, expected: truth)
    for noise in [1e-7, -1e-7, 3e-7] {
      let given = truth.enumerated().map { $1 + noise * Double(($0 * 13) % 5 - 2) }
      #expect(Differences.elements(given: given, expected: truth) == chosen)
    }
    var wrong = truth
    wrong[23] += 1
    #expect(Differences.elements(given: wrong, expected: truth).first == 23)
  }
}
