import Syntax
import Teaching
import Testing

@Suite struct DeriveTests {
  @Test func report() throws {
    for derivation in try DeriveHost.derivations(
      of: reportNetwork + "derive L() wrt W_o, b_o, W_h, b_h")
    {
      print(derivation.text(width: 90))
      #expect(derivation.isRight)
    }
  }
}
