namespace Pagoda.Cli.Verification;

/// <summary>Computes what a kind of fixture holds. A new kind is a class in Verifiers/ and a line in <see cref="FixtureFolder.Verifiers"/>.</summary>
internal interface IFixtureVerifier
{
    /// <summary>Whether a fixture is of this kind, by its sources and settings: other sets have other sizes and file names.</summary>
    bool Recognises(Fixture fixture);

    /// <summary>Computes everything that the fixture holds and compares it.</summary>
    void Verify(FixtureRun run);
}
