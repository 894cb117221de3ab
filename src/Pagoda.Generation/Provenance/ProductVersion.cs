using System.Reflection;

namespace Pagoda.Generation.Provenance;

/// <summary>The program's version and the commit it was built from.</summary>
public static class ProductVersion
{
    /// <summary>For example "0.1.0 (commit 5f0a1c2d3e)", or "0.1.0" where the build knew no commit.</summary>
    public static string Text { get; } = Describe(
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);

    internal static string Describe(string informationalVersion) =>
        informationalVersion.Split('+', 2) is [var version, { Length: >= 10 } commit]
            ? $"{version} (commit {commit[..10]})"
            : informationalVersion;
}
