namespace Alignment.Tokenization;

/// <summary>Who speaks.</summary>
public enum Role
{
    /// <summary>Instructions above the conversation.</summary>
    System,

    /// <summary>The human.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>One message of a conversation.</summary>
public sealed record Message(Role Role, string Text);
