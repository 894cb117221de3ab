using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Pagoda.Training;

/// <summary>Reads and writes <see cref="TrainingOptions"/> as YAML.</summary>
public static class TrainingConfigFile
{
    /// <summary>Reads a file; keys are those of <see cref="TrainingOptions"/> in snake case.</summary>
    /// <exception cref="InvalidDataException">The file is no YAML, or has a key or value that is not known; the line is named.</exception>
    public static TrainingOptions Read(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            return new DeserializerBuilder()
                .WithNamingConvention(UnderscoredNamingConvention.Instance)
                .WithEnforceRequiredMembers()
                .Build()
                .Deserialize<TrainingOptions>(reader) ?? new TrainingOptions();
        }
        catch (YamlException error)
        {
            throw new InvalidDataException($"{path}, line {error.Start.Line}: {(error.InnerException ?? error).Message}", error);
        }
    }

    /// <summary>The options as YAML text.</summary>
    public static string Write(TrainingOptions options) =>
        new SerializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build().Serialize(options);
}
