namespace Pagoda.Models.Catalogue;

/// <summary>The folder <c>models/</c> with the weights that come with Pagoda.</summary>
public static class ModelFolder
{
    /// <summary>
    /// The folder that <c>PAGODA_MODELS</c> names, else <c>models</c> beside the program or in a folder above it; <see langword="null"/>
    /// when there is none.
    /// </summary>
    public static string? Find()
    {
        if (Environment.GetEnvironmentVariable("PAGODA_MODELS") is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? Path.GetFullPath(named) : null;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var models = Path.Combine(folder.FullName, "models");
            if (Directory.Exists(models))
            {
                return models;
            }
        }

        return null;
    }
}
